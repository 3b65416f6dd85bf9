"""A type's example row: in a sentence, and as a file would hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tocsin.catalogue.entries import ReportType
from tocsin.catalogue.reference_words import code, codes
from tocsin.model.columns import Column, ColumnKind

_COMMON: Final = frozenset(
    {
        *("timestamp", "severity", "ip", "protocol", "port", "hostname", "hostname_source"),
        *("asn", "geo", "region", "city", "naics", "sector", "event_id"),
    }
)
_SIDES: Final = ("src_", "dst_", "http_referer_")
_HARMFUL: Final = re.compile(r"[\r\n\x00]")

_MOST_CELLS = 5
_LONGEST_CELL = 40


def example_sentence(report_type: ReportType) -> str:
    """Who, when, where, and the first cells that only this type has."""
    sample = report_type.sample
    day, _, time = sample["timestamp"].partition(" ")
    said = [f"{_whom(report_type)}, on {day} at {time} UTC", service_in_example(report_type)]
    told = [f"{code(name)} {code(cell)}" for name, cell in _own_cells(report_type)]
    return "; ".join([", ".join(part for part in said if part), *filter(None, [", ".join(told)])])


def service_in_example(report_type: ReportType) -> str:
    """Port and protocol as people write them, such as `53/udp`; "" if the example has neither."""
    port, protocol = (report_type.sample.get(name, "") for name in service_columns(report_type))
    said = "/".join(part for part in (port, protocol) if part)
    return code(said) if said else ""


def service_columns(report_type: ReportType) -> tuple[str, str]:
    """The columns of the service's port and of its protocol; "" where the type has none.

    A client's own port is none of a service; what it called is.
    """
    names = report_type.column_names
    own = "" if report_type.source_port else report_type.subject_port
    port = own or ("dst_port" if "dst_port" in names else "")
    return port, "protocol" if "protocol" in names else ""


def where_the_service_stands(report_type: ReportType) -> str:
    """Which columns tell port and protocol, with the example's; "" if none does."""
    columns = [name for name in service_columns(report_type) if name]
    if not columns:
        return ""
    shown = service_in_example(report_type)
    told = f"told by {codes(columns)}"
    return f"{told}; {shown} in the example" if shown else told


def example_file(report_type: ReportType) -> str:
    """The header and the row, byte for byte as a report would hold them; see `nightly/cells.py`."""
    names = ",".join(_quoted(name) for name in report_type.column_names)
    return f"{names}\n{','.join(_cell(report_type, column) for column in report_type.columns)}"


def _cell(report_type: ReportType, column: Column) -> str:
    cell = report_type.sample.get(column.name)
    if cell is None:
        return ""
    return cell if column.kind is ColumnKind.INTEGER else _quoted(_HARMFUL.sub(" ", cell))


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _whom(report_type: ReportType) -> str:
    column, sample = report_type.subject.column, report_type.sample
    side = column.removesuffix("ip")
    known = [code(sample[name]) for name in (f"{side}hostname",) if name in sample]
    known += [f"AS{sample[name]}" for name in (f"{side}asn",) if name in sample]
    about = f" ({', '.join(known)})" if known and side != column else ""
    return (code(sample[column]) if column else "A row") + about


def _own_cells(report_type: ReportType) -> Iterator[tuple[str, str]]:
    left = _MOST_CELLS
    for name in report_type.column_names:
        cell = report_type.sample.get(name, "")
        strange = name in _COMMON or name == report_type.subject.column or name.startswith(_SIDES)
        if left and cell and not strange and len(cell) <= _LONGEST_CELL:
            left -= 1
            yield name, cell
