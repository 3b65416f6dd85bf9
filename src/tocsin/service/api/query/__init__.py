"""Searching what was reported to an organisation, for whatever asks."""
