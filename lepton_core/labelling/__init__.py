"""Which records a person should label next."""
