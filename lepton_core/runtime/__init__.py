"""Runtimes: arrays in, arrays out. They swap only the tensor step of a pipeline."""
