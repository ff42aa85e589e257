from lepton_core.ui.frame import run_solution

run_solution("retail_recommender")
