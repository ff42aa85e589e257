"""Another decision on what was scored before: a column operation, and a copy of a bundle."""
