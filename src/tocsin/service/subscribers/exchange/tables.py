"""The six tables of subscribers in a directory: their columns, and how a cell holds a value."""

from __future__ import annotations

import re
from collections.abc import Iterable

TABLES = {
    "organisations": ("organisation", "name", "kind", "country", "mail_domains", "state", "notes"),
    "contacts": ("organisation", "address", "full_name", "phone", "role", "ended"),
    "networks": ("organisation", "network", "label", "state", "holder"),
    "proofs": ("organisation", "network", "method", "state", "made_at", "ends_at", "note"),
    "lists": (
        "organisation", "list", "filter", "all_networks", "networks", "except_types",
        "least_severity", "format", "compressed", "delivery", "delta", "language", "mode",
        "redirect_to", "proof_of_life", "extra_columns",
    ),
    "recipients": ("organisation", "list", "filter", "address", "kind", "state"),
}  # fmt: skip
"""The tables of a directory, with their columns."""

KEYS = {
    "organisations": ("organisation",),
    "contacts": ("organisation", "address"),
    "networks": ("organisation", "network"),
    "lists": ("organisation", "list", "filter"),
    "recipients": ("organisation", "list", "filter", "address"),
}
"""What names a row of a table: no two have the same. A network has as many proofs as it has."""

_WITHIN = re.compile(r"((?:[^;\\]|\\.)*)(?:;|$)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def joined(values: Iterable[object]) -> str:
    r"""Several values in one cell, with `;` between them; within one, `;` and `\` after a `\`."""
    return ";".join(str(each).replace("\\", "\\\\").replace(";", "\\;") for each in values)


def parted(cell: str) -> list[str]:
    """The values of a cell, without the blanks around them; what is empty is none."""
    found = (_ESCAPED.sub(r"\1", each).strip() for each in _WITHIN.findall(cell))
    return [each for each in found if each]


def flag(value: bool) -> str:
    """A flag as a cell has it."""
    return "true" if value else "false"
