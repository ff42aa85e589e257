"""Scoring files: a reader, a session, a sink."""
