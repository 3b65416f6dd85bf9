"""The engine: a library that turns files of events into the finished reports of a day.

No web framework, no database, no settings object, no mail; it takes arguments and a clock.
"""
