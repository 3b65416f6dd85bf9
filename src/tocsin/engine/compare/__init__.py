"""Comparing the reports of a day with those of another system, row by row."""
