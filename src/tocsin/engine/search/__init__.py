"""Searching what was reported: the published tier, by what the reports' columns say."""
