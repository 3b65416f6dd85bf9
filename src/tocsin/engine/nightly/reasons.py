"""Why a list gets a row: the networks that bring it, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.nightly.subscribers import FilterKind, ReportList, SubscribedNetwork
from tocsin.model.address import Network, address_text

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reason:
    """One network of the list that brings the row, what of the row it met, and both in words."""

    network: SubscribedNetwork
    met: str
    words: str


def reasons_of(row: Row, report_type: ReportType, wanted: ReportList) -> tuple[Reason, ...]:
    """The list's networks that bring it the row, valid at the row's time, in the list's order."""
    moment = cast("dt.datetime", row["timestamp"])
    return tuple(
        reason
        for network in wanted.networks
        if network.valid.at(moment)
        for reason in _met(row, report_type, network)
    )


def _met(row: Row, report_type: ReportType, network: SubscribedNetwork) -> Iterable[Reason]:
    column = report_type.subject.column
    if network.kind is FilterKind.ASN:
        if int(network.value) in _members(row, "_origins"):
            yield Reason(network, str(network), f"{network} originates the {column}")
    elif network.kind is FilterKind.GEO:
        if network.value in _members(row, "_countries"):
            yield Reason(network, network.value, f"the {column} lies in {network}")
    elif network.kind is FilterKind.CIDR:
        subject = _subject(row)
        if subject is not None and _overlap(network.prefix, subject):
            shown = _shown(subject)
            how = "holds" if network.prefix.covers(subject) else "overlaps"
            yield Reason(network, shown, f"{network} {how} the {column} {shown}")
    else:
        for name in _members(row, "_domains"):
            if isinstance(name, str) and f".{name}".endswith(f".{network.value}"):
                of = f"the {column} " if report_type.subject.kind is SubjectKind.DOMAIN else ""
                how = "is" if name == network.value else "lies under"
                yield Reason(network, name, f"{of}{name} {how} {network}")


def _overlap(prefix: Network, subject: Network) -> bool:
    """Of one family only: `::/0` lies around mapped IPv4 as numbers, but does not mean it."""
    return prefix.is_v4 == subject.is_v4 and prefix.overlaps(subject)


def _members(row: Row, name: str) -> list[object]:
    return cast("list[object] | None", row.get(name)) or []


def _subject(row: Row) -> Network | None:
    hi, lo = cast("int | None", row["_subject_hi"]), cast("int | None", row["_subject_lo"])
    length = cast("int | None", row["_subject_len"])
    if hi is None or lo is None:
        return None
    return Network((hi << 64) | lo, 128 if length is None else length)


def _shown(subject: Network) -> str:
    return address_text(subject.first) if subject.length == 128 else str(subject)
