"""Searching what was reported to an organisation: `query` and `stats`, for whatever asks them."""
