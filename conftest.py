"""What every run of the tests leaves out."""

# They belong to a solution that is made from a template, and run there.
collect_ignore_glob = ["lepton_core/templates/*/tests/*"]
