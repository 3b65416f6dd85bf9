"""Judgements of people on what sensors and rules say: whom not to believe, what to hold back."""
