"""Networks and domains that the operator wants left alone, each with a reason and an end.

`policy/allow.csv`, with the header `what,reason,expires`: `what` is a prefix, an address or a
domain (which includes the names below it); `expires` a date or time in UTC.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from tocsin.catalogue.entries import DomainForm
from tocsin.engine.intake.domains import domain_of
from tocsin.engine.intake.times import parse_time
from tocsin.model.address import Network, parse_network
from tocsin.model.errors import ConfigurationError, Problem

_HEADER = ["what", "reason", "expires"]


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry: a network or a domain, why, and until when (UTC, exclusive)."""

    network: Network | None
    domain: str
    reason: str
    expires: dt.datetime

    def has_domain(self, name: str) -> bool:
        """Whether the name is our domain or lies below it."""
        return bool(self.domain) and (name == self.domain or name.endswith(f".{self.domain}"))


def read_allow_list(path: Path) -> tuple[Allowed, ...]:
    """Read the file; no file is an empty list. ConfigurationError names every bad line."""
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        header = next(rows, None)
        if header != _HEADER:
            raise ConfigurationError(
                "the allow list has no header",
                where=str(path),
                line=1,
                todo=f"begin it with {','.join(_HEADER)}",
            )
        return _entries(path, [(rows.line_num, row) for row in rows if row])


def _entries(path: Path, rows: Sequence[tuple[int, list[str]]]) -> tuple[Allowed, ...]:
    entries: list[Allowed] = []
    problems: list[Problem] = []
    for line, row in rows:
        try:
            entries.append(_entry(row))
        except ValueError as error:
            problems.append(Problem(path.name, line, 0, str(error)))
    if problems:
        raise ConfigurationError(
            "the allow list has mistakes", where=str(path), problems=problems, todo="mend them"
        )
    return tuple(entries)


def _entry(row: list[str]) -> Allowed:
    if len(row) != len(_HEADER):
        raise ValueError(f"{len(row)} cells where {len(_HEADER)} belong")
    what, reason, expires = (cell.strip() for cell in row)
    if not reason:
        raise ValueError(f"no reason is given for {what!r}")
    end = parse_time(expires, ZoneInfo("UTC"))
    domain = domain_of(what, DomainForm.NAME)
    network = None if domain else parse_network(what)
    return Allowed(network, domain, reason, end)
