"""Streamlit parts that every solution's dashboard is made of."""
