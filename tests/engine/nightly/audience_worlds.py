"""Small crowded worlds: organisations, lists and rows that meet each other often."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.engine.nightly.audience_oracle import SEVERITIES, Doc, Row

from tocsin.catalogue.entries import Counting, ReportType, Subject, SubjectKind, SubjectRole
from tocsin.engine.nightly.snapshot import Snapshot, read_snapshot
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.severity import Severity
from tocsin.model.terms import Terms, Tlp

DAY = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
MOMENT = pa.timestamp("us", tz="UTC")
TYPE_IDS = ["type_a", "type_b", "type_c"]

_V4 = ["192.0.2.0", "198.51.100.0", "203.0.113.0"]
_V6 = ["2001:db8::", "2001:db8:1::", "2001:db8:1:1::"]
_NAMES = [
    "example",
    "example.org",
    "a.example.org",
    "b.a.example.org",
    "myexample.org",
    "x.example.net",
]


def report_type(name: str = "type_a", **changes: Any) -> ReportType:
    columns = (
        Column("timestamp", ColumnKind.TIME, ""),
        Column("ip", ColumnKind.ADDRESS, ""),
        Column("port", ColumnKind.INTEGER, ""),
        Column("tag", ColumnKind.TEXT, ""),
    )
    said: dict[str, Any] = {
        "id": name,
        "title": "",
        "area": "exposure",
        "subject": Subject("ip", SubjectKind.PREFIX, SubjectRole.EXPOSED),
        "columns": columns,
        "severity": Severity.HIGH,
        "taxonomy": "",
        "domain_columns": (),
        "window_days": 1,
        "identity": ("ip", "port", "tag"),
        "aggregation_key": ("ip",),
        "counting": Counting(),
        "aliases": (),
        "column_aliases": {},
        "delta": True,
        "text": {},
        "sample": {},
    }
    return ReportType(**{**said, **changes})


def snapshot_of(document: Doc, folder: Path) -> Snapshot:
    path = folder / "lists.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return read_snapshot(path, None)


def table_of(rows: list[Row]) -> pa.Table:
    """Rows of the oracle as a gathered table."""
    subjects = [_halves(row["subject"]) for row in rows]
    return pa.table(
        {
            "_rule": pa.array([row["rule"] for row in rows], pa.string()),
            "_severity": pa.array([row["severity"] for row in rows], pa.uint8()),
            "_terms": pa.array([_terms(row["terms"]).to_text() for row in rows], pa.string()),
            "_subject_hi": pa.array([each[0] for each in subjects], pa.uint64()),
            "_subject_lo": pa.array([each[1] for each in subjects], pa.uint64()),
            "_subject_len": pa.array([each[2] for each in subjects], pa.uint8()),
            "_origins": pa.array([row["origins"] or None for row in rows], pa.list_(pa.uint32())),
            "_countries": pa.array([row["countries"] for row in rows], pa.list_(pa.string())),
            "_domains": pa.array([row["domains"] for row in rows], pa.list_(pa.string())),
            "_last": pa.array([row["last"] for row in rows], MOMENT),
            "timestamp": pa.array([row["timestamp"] for row in rows], MOMENT),
            "ip": pa.array([row["subject"] for row in rows], pa.string()),
            "port": pa.array([row["port"] for row in rows], pa.int64()),
            "tag": pa.array([row.get("tag") for row in rows], pa.string()),
        }
    )


def _halves(subject: str | None) -> tuple[int | None, int | None, int | None]:
    if subject is None:
        return None, None, None
    network = ipaddress.ip_network(subject)
    first, length = int(network.network_address), network.prefixlen
    if network.version == 4:
        first, length = first + (0xFFFF << 32), length + 96
    return first // 2**64, first % 2**64, length


def _terms(said: Doc) -> Terms:
    return Terms(
        tlp=Tlp.from_word(said["tlp"]),
        owners=said["owners"],
        national_certs=said["national_certs"],
        lists=frozenset(said["lists"]),
    )


class World:
    """Everything drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def document(self, organisations: int, lists: int) -> Doc:
        made = [self._organisation(number) for number in range(organisations)]
        listed = [self._list(number + 1, made) for number in range(lists)]
        return {
            "format": "tocsin-lists/1",
            "organisations": made,
            "lists": listed,
            "suppressions": [self._suppression(number, lists) for number in range(lists // 4)],
        }

    def rows(self, count: int, lists: int) -> list[Row]:
        return [self._row(lists) for _ in range(count)]

    # --- subscribers --------------------------------------------------------------------

    def _organisation(self, number: int) -> Doc:
        networks = [self._network() for _ in range(self.random.randrange(1, 9))]
        kind = self.random.choice(["owner", "owner", "national_cert"])
        return {"id": f"o{number}", "name": "-", "kind": kind, "networks": networks}

    def _network(self) -> Doc:
        draw = self.random
        form: Doc = draw.choice(
            [
                {"asn": draw.randrange(64496, 64506)},
                {"cidr": self._prefix(draw.choice([0, 8, 16, 22, 24, 25, 26, 28, 30, 32]))},
                {"cidr": self._prefix6(draw.choice([0, 8, 32, 47, 48, 64, 120, 127, 128]))},
                {"country": draw.choice(["XA", "XB", "XC", "XD"])},
                {"domain": draw.choice(_NAMES)},
            ]
        )
        return {**form, **self._validity(0.3)}

    def _validity(self, chance: float) -> Doc:
        said: Doc = {}
        if self.random.random() < chance:
            said["valid_from"] = (
                DAY + dt.timedelta(hours=self.random.randrange(-60, 20))
            ).isoformat()
        if self.random.random() < chance:
            said["valid_to"] = (DAY + dt.timedelta(hours=self.random.randrange(20, 30))).isoformat()
        if self.random.random() < chance / 2:
            said = {
                "valid_to": (DAY + dt.timedelta(hours=self.random.randrange(-60, 20))).isoformat()
            }
        return said

    def _list(self, number: int, organisations: list[Doc]) -> Doc:
        draw = self.random
        owner = draw.choice(organisations)
        kind = draw.choice(["asn", "cidr", "cidr", "geo", "domain"])
        made: Doc = {
            "id": number,
            "name": f"l{number}",
            "organisation": owner["id"],
            "filter": kind,
        }
        made |= self._validity(0.1)
        if draw.random() < 0.3:
            made["types"] = {
                draw.choice(["only", "except"]): draw.sample(TYPE_IDS, draw.randrange(0, 3))
            }
        if draw.random() < 0.3:
            made["least_severity"] = draw.choice(SEVERITIES)
        if draw.random() < 0.2:
            key = {"geo": "country"}.get(kind, kind)
            values = sorted({str(n[key]) for n in owner["networks"] if key in n})
            chosen = draw.sample(values, draw.randrange(0, len(values) + 1))
            made["networks"] = [
                {key: int(v) if kind == "asn" else v, **self._validity(0.1)} for v in chosen
            ]
        return made

    def _suppression(self, number: int, lists: int) -> Doc:
        draw = self.random
        made: Doc = {
            "id": f"s{number}",
            "lists": draw.sample(range(1, lists + 1), draw.randrange(0, min(lists, 40) + 1)),
            "address": self._subject() or "192.0.2.1",
        }
        when = (DAY + dt.timedelta(hours=draw.randrange(0, 30))).isoformat()
        made |= draw.choice(
            [{"kind": "fixed", "before": when}, {"kind": "false_positive", "until": when}]
        )
        if draw.random() < 0.3:
            made["port"] = draw.choice([23, 80])
        if draw.random() < 0.3:
            made["rule"] = draw.choice(["r1", "r2"])
        if draw.random() < 0.3:
            made["report_type"] = draw.choice(TYPE_IDS)
        return made

    # --- rows ---------------------------------------------------------------------------

    def _row(self, lists: int) -> Row:
        draw = self.random
        at = DAY + draw.choice([dt.timedelta(hours=draw.randrange(-48, 24)), self._span(-86400)])
        return {
            "subject": self._subject(),
            "origins": sorted(draw.sample(range(64496, 64510), draw.choice([0, 1, 1, 1, 2, 3]))),
            "countries": draw.sample(["XA", "XB", "XC", "XD", "XE"], draw.choice([0, 1, 1, 2])),
            "domains": draw.sample(
                [*_NAMES, "c.b.a.example.org", "notexample", "org"], draw.choice([0, 0, 1, 2, 3])
            ),
            "severity": draw.randrange(5),
            "terms": self._release(lists),
            "timestamp": at,
            "last": at + draw.choice([dt.timedelta(), dt.timedelta(hours=draw.randrange(12))]),
            "rule": draw.choice(["r1", "r2", None]),
            "port": draw.choice([23, 80, None]),
        }

    def _span(self, least: int) -> dt.timedelta:
        return dt.timedelta(seconds=self.random.randrange(least, 86400), microseconds=1)

    def _release(self, lists: int) -> Doc:
        draw = self.random
        named = draw.sample(range(1, lists + 1), min(lists, 3)) if draw.random() < 0.2 else []
        return {
            "tlp": draw.choice([*["amber"] * 8, "clear", "green", "amber+strict", "red"]),
            "owners": draw.random() < 0.8,
            "national_certs": draw.random() < 0.8,
            "lists": named,
        }

    def _subject(self) -> str | None:
        draw = self.random
        kind = draw.randrange(10)
        if kind == 0:
            return None
        if kind == 1:
            return self._prefix(draw.choice([8, 20, 24, 26, 31]))
        if kind == 2:
            return self._prefix6(draw.choice([29, 47, 63, 120]))
        if kind <= 4:
            return self._prefix6(128).removesuffix("/128")
        return self._prefix(32).removesuffix("/32")

    def _prefix(self, length: int) -> str:
        base = int(ipaddress.IPv4Address(self.random.choice(_V4)))
        # Few addresses, at the edges of the prefixes too, so that rows and networks meet.
        host = self.random.choice([0, 1, 31, 32, 63, 64, 127, 128, 254, 255])
        return str(ipaddress.ip_network((base + host, length), strict=False))

    def _prefix6(self, length: int) -> str:
        base = int(ipaddress.IPv6Address(self.random.choice(_V6)))
        host = self.random.choice([0, 1, 255, 256, 2**64 - 1, 2**64, 2**80 - 1])
        return str(ipaddress.ip_network((base + host, length), strict=False))
