"""Vehicles in the frames of a fixed camera: found, followed, counted."""
