"""My solution."""
