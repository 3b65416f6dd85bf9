"""Mailing lists: their rules, and how they are made, changed and ended."""
