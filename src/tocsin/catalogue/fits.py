"""Whether a sample's cell is one that its column could hold."""

from __future__ import annotations

import datetime as dt
import re

from tocsin.catalogue.entries import Subject, SubjectKind
from tocsin.model.address import Network, parse_network
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.severity import Severity

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TRUE = ("Y", "yes", "true", "True", "TRUE", "1")
_FALSE = ("N", "no", "false", "False", "FALSE", "0")
_BOOLEANS = frozenset({*_TRUE, *_FALSE})
_TIME = "%Y-%m-%d %H:%M:%S"


def misfit(column: Column, cell: str, subject: Subject) -> str:
    """What is wrong with a cell, "" if nothing is."""
    if not cell.strip():
        return "is empty; leave the cell out"
    if column.kind is ColumnKind.INTEGER:
        return _integer(column, cell)
    if column.kind is ColumnKind.ADDRESS:
        return _address(cell, subject if subject.column == column.name else None)
    return _text(column, cell)


def _text(column: Column, cell: str) -> str:
    if column.name == "severity":
        return _severity(cell)
    if column.kind is ColumnKind.TIME:
        return _time(cell)
    if column.kind is ColumnKind.DECIMAL and not _DECIMAL.fullmatch(cell):
        return "is no decimal number"
    if column.kind is ColumnKind.BOOLEAN and cell not in _BOOLEANS:
        return "is no truth value"
    return ""


def _severity(cell: str) -> str:
    try:
        Severity.from_word(cell)
    except ValueError as error:
        return f"is no severity: {error}"
    return ""


def _integer(column: Column, cell: str) -> str:
    if not _INTEGER.fullmatch(cell):
        return "is no whole number"
    value = int(cell)
    if column.zero_is_missing and value == 0:
        return "is 0, which says nothing here; leave the cell out"
    if column.least is not None and value < column.least:
        return f"is less than {column.least}"
    if column.greatest is not None and value > column.greatest:
        return f"is more than {column.greatest}"
    return ""


def _time(cell: str) -> str:
    try:
        dt.datetime.strptime(cell, _TIME).replace(tzinfo=dt.UTC)
    except ValueError:
        return "is no time such as 2026-11-22 07:00:19"
    return ""


def _address(cell: str, subject: Subject | None) -> str:
    try:
        network = parse_network(cell)
    except ValueError as error:
        return f"is no address: {error}"
    prefixes_allowed = subject is not None and subject.kind is SubjectKind.PREFIX
    if network.length != 128 and not prefixes_allowed:
        return "is a prefix where an address belongs"
    return _version(network, subject)


def _version(network: Network, subject: Subject | None) -> str:
    version = 4 if network.is_v4 else 6
    if subject is not None and subject.version not in (0, version):
        return f"is of IPv{version}, while the type is of IPv{subject.version}"
    return ""
