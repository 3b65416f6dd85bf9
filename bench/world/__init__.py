"""A made-up world of the size of the real one: routes, places, subscribers, a day of events.

All of it follows from a seed, is made once and kept; no address in it means anything.
"""
