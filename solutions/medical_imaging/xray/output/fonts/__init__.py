"""The typeface of the reports and how it was made; its licence is the OFL (``OFL.txt``)."""
