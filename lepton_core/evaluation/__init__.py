"""Figures that say how good a bundle is, each with how sure we are of it."""
