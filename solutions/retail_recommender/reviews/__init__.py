"""Sentiment of reviews: what was said, which words decided it, and what people talk about."""
