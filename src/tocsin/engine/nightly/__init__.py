"""The night's work for one day: plan, correlate, gather, match, publish."""
