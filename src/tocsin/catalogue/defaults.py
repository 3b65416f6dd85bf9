"""What a type's keys are where its file does not say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tocsin.catalogue.entries import Counting, Subject, SubjectKind
from tocsin.model.columns import Column, ColumnKind

_WHAT: Final = ("infection", "family", "tag")


def source_port_of(subject: Subject) -> str:
    """The subject's port if it is one of the connection rather than of a service.

    A machine that opens a connection gets a new port for each: it finds the host behind NAT, but
    it tells no two services apart, and belongs to no key.
    """
    return "src_port" if subject.column == "src_ip" else ""


def default_aggregation_key(subject: Subject, columns: Sequence[Column]) -> tuple[str, ...]:
    """Subject, its service port, protocol, the other side's service port, infection, family, tag.

    Of the two sides the port of the one that opened the connection (`src_port`) is left out.
    """
    names = [column.name for column in columns]
    if subject.kind is SubjectKind.NONE:
        wanted = [*_WHAT]
    else:
        wanted = [subject.column, *_service_ports(subject), "protocol", *_WHAT]
    return tuple(name for name in wanted if name in names)


def _service_ports(subject: Subject) -> list[str]:
    own = subject.column.removesuffix("ip") + "port" if subject.column.endswith("ip") else ""
    ports = [own, "dst_port"]
    return [port for port in dict.fromkeys(ports) if port and port != source_port_of(subject)]


def default_identity(
    subject: Subject, columns: Sequence[Column], counting: Counting
) -> tuple[str, ...]:
    """All columns but times, the subject's source port, counts of events, and fleeting ones.

    A row is the same row on another day if it says the same of the same machine.
    """
    left_out = {source_port_of(subject), counting.count}
    return tuple(
        column.name
        for column in columns
        if column.kind is not ColumnKind.TIME
        and not column.fleeting
        and column.name not in left_out
    )
