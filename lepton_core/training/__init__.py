"""Training glue: splits, runs that go on after an interruption, and what is written about them."""
