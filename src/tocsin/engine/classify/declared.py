"""Classification by declaration: the source itself says which report type a row is of.

Both sources there are so far do, by file name or by a field. Rules that judge raw sensor events
will have ids of their own; a record's `_rule` always names what put it into its type.
"""

from __future__ import annotations

from tocsin.catalogue.entries import Source


def rule_of(source: Source) -> str:
    """The id of the rule by which rows of this source get their type."""
    return f"declared:{source.format}"
