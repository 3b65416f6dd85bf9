"""Compiled loops: each stands alone in a small file, and a test holds it equal to a plain twin.

They are here because a profile asked for them (docs/developers/performance.md), and each shows
in the bench what it gains. Importing one costs some tenths of a second, so callers with little to
do take the plain way and import none.
"""
