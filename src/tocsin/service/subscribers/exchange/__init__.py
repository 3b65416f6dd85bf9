"""Subscribers as files: written out, and brought in from other programs."""
