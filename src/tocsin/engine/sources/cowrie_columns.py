"""What Cowrie calls its cells, under our columns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.sources.cowrie_urls import each_text, first_url, url_cells
from tocsin.engine.sources.raw import RawGroup
from tocsin.engine.sources.session_join import column_of

EVENT: Final = "eventid"
CONNECT: Final = "cowrie.session.connect"
COMMAND: Final = "cowrie.command.input"
DOWNLOADS: Final = ("cowrie.session.file_download", "cowrie.session.file_download.failed")
FORWARDING: Final = "cowrie.direct-tcpip."

OLD_EVENTS: Final = MappingProxyType(
    {
        "KIPP0001": CONNECT,
        "KIPP0002": "cowrie.login.success",
        "KIPP0003": "cowrie.login.failed",
        "KIPP0004": "cowrie.log.open",
        "KIPP0005": COMMAND,
        "KIPP0006": "cowrie.command.failed",
        "KIPP0007": "cowrie.session.file_download",
        "KIPP0009": "cowrie.client.version",
        "KIPP0010": "cowrie.client.size",
        "KIPP0011": "cowrie.session.closed",
    }
)
"""How events were called in Cowrie's first year: what they are called now."""

RENAMED: Final = MappingProxyType(
    {
        "protocol": "service",
        "version": "client_version",
        "input": "command",
        "shasum": "sha256",
        EVENT: "event_id",
    }
)
FORWARDED: Final = MappingProxyType(
    {"dst_ip": "forward_ip", "dst_port": "forward_port", "src_port": "forward_src_port"}
)
"""An attacker who has logged in asks to be connected on: whither, and from where on his side."""


def in_our_columns(group: RawGroup, session: Mapping[str, pa.Array]) -> pa.Table:
    """The rows' cells under our names, with what their session tells where they do not.

    `session`: cells by our columns, in the order of the rows. What we have no column for keeps
    its name.
    """
    cells = {name: column_of(group, name) for name in group.cells.column_names}
    events = column_of(group, EVENT)
    forwarding = pc.fill_null(pc.starts_with(events, FORWARDING), False)
    _set_aside(cells, forwarding)
    for theirs, ours in RENAMED.items():
        if theirs in cells:
            _fill(cells, ours, cells.pop(theirs), first=True)
    cells["event_id"] = _events_of_today(events)
    for name, told in session.items():
        _fill(cells, name, told)
    # Older versions give the attacker's address there, others his program's; the session knows.
    attacker = pc.if_else(forwarding, session["src_ip"], pa.scalar(None, pa.string()))
    _fill(cells, "src_ip", attacker, first=True)
    _fill(cells, "service", _service_of(column_of(group, "system")))
    cells["protocol"] = pa.repeat(pa.scalar("tcp"), len(group))
    _add_urls(cells)
    return pa.table(cells)


def _fill(cells: dict[str, pa.Array], name: str, more: pa.Array, *, first: bool = False) -> None:
    """Put more cells into a column where it has none, or, if they come first, before its own."""
    own = cells.get(name)
    if own is None:
        cells[name] = more
    else:
        cells[name] = pc.coalesce(more, own) if first else pc.coalesce(own, more)


def _set_aside(cells: dict[str, pa.Array], forwarding: pa.BooleanArray) -> None:
    """The ends of a forwarded connection are not those of the session."""
    if not pc.any(forwarding).as_py():
        return
    nothing = pa.scalar(None, pa.string())
    for name, aside in FORWARDED.items():
        if name in cells:
            cells[aside] = pc.if_else(forwarding, cells[name], nothing)
            cells[name] = pc.if_else(forwarding, nothing, cells[name])


def _events_of_today(events: pa.StringArray) -> pa.StringArray:
    old = pa.array(list(OLD_EVENTS), pa.string())
    now = pa.array(list(OLD_EVENTS.values()), pa.string())
    return pc.coalesce(now.take(pc.index_in(events, value_set=old)), events)


def _service_of(systems: pa.StringArray) -> pa.StringArray:
    """The service by the part of Cowrie that wrote the row."""
    telnet = pc.match_substring(systems, "telnet", ignore_case=True)
    ssh = pc.match_substring(systems, "ssh", ignore_case=True)
    nothing = pa.scalar(None, pa.string())
    return pc.if_else(
        pc.fill_null(telnet, False),
        pa.scalar("telnet"),
        pc.if_else(pc.fill_null(ssh, False), pa.scalar("ssh"), nothing),
    )


def _add_urls(cells: dict[str, pa.Array]) -> None:
    """What was to be loaded: named by the event of a download, or within a command."""
    events, rows = cells["event_id"], len(cells["event_id"])
    nothing = pa.nulls(rows, pa.string())
    commands = pc.equal(events, COMMAND)
    if "command" in cells and pc.any(commands).as_py():
        asked = pc.if_else(commands, cells["command"], nothing)
        _fill(cells, "url", each_text(asked, first_url))
    if "url" not in cells:
        return
    loading = pc.is_in(events, value_set=pa.array([COMMAND, *DOWNLOADS]))
    for name, part in url_cells(pc.if_else(loading, cells["url"], nothing)).items():
        _fill(cells, name, part, first=True)
