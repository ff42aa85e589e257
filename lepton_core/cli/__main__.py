"""``python -m lepton_core.cli``: the same as ``lepton``, where the script is not on the path."""

from lepton_core.cli.main import main

main()
