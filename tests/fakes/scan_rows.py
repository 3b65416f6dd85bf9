"""Rows of scanners in four formats, and what a small home makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow.parquet as pq
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_catalogue, load_files
from tocsin.engine.intake.collect import Collected
from tocsin.engine.intake.ledger import PieceAccount

EXAMPLES = load_files(SHIPPED, None).examples
MOMENT = "2026-11-22T04:00:00Z"

Cells = Mapping[str, object]


def take(small: SmallHome, source: str, content: bytes, name: str = "") -> Collected:
    path = small.put(name or EXAMPLES[source]["file"], content)
    return small.collect(path, source=source, switched_off=("reserved",))


def account(collected: Collected) -> PieceAccount:
    ((piece,),) = (record.pieces for record in collected.records)
    assert collected.refused == []
    assert piece.adds_up
    return piece


def lines(rows: Sequence[object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def records(small: SmallHome) -> dict[str, list[dict[str, object]]]:
    """All records by report type."""
    known = load_catalogue(None).report_types
    found: dict[str, list[dict[str, object]]] = {}
    for path in sorted((small.home.lake / "records").rglob("*.parquet")):
        (kind,) = [part for part in path.parts if part in known]
        found.setdefault(kind, []).extend(pq.read_table(path).to_pylist())
    return found


def zgrab(module: str, result: Cells, status: str = "success", ip: str = "192.0.2.9") -> Cells:
    said = {"status": status, "protocol": module, "port": 80, "result": result, "timestamp": MOMENT}
    return {"ip": ip, "data": {module: said}}


def shodan(module: str, **cells: object) -> Cells:
    said = {"ip_str": "192.0.2.9", "port": 80, "transport": "tcp", "timestamp": MOMENT[:-1]}
    return {**said, "_shodan": {"module": module}, "data": "", **cells}


def censys(name: str, **cells: object) -> Cells:
    said = {"port": 80, "service_name": name, "transport_protocol": "TCP", "observed_at": MOMENT}
    return {"ip": "192.0.2.9", "services": [{**said, **cells}]}


def nmap(*ports: str, ip: str = "192.0.2.9") -> bytes:
    kind = "ipv6" if ":" in ip else "ipv4"
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun start="1795320000">\n<host>'
        f'<address addr="{ip}" addrtype="{kind}"/>\n<ports>'
        + "\n".join(ports)
        + "</ports></host>\n"
        "</nmaprun>\n"
    ).encode()


def port(service: str, number: int = 80, scripts: str = "", protocol: str = "tcp") -> str:
    state = '<state state="open" reason="syn-ack"/>'
    head = f'<port protocol="{protocol}" portid="{number}">{state}'
    return f"{head}<service {service}/>{scripts}</port>"
