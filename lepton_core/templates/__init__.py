"""What `lepton new` copies: one folder a kind of task, and what all kinds share in ``common``."""
