"""Whether a part is as good ones are, learned from good parts alone."""
