"""A task without a model: how much each shop has sold so far."""
