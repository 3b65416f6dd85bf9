"""What IntelMQ's Shadowserver parser is told, read by a reader that does as the parser does."""

from __future__ import annotations

import csv
import io
import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.fakes.interop_rows import REPORTER, catalogue, row_of, vocabularies

from tocsin.engine.interop.parser_schema import parser_schema
from tocsin.engine.interop.translate import Translator

SCHEMA: Mapping[str, Any] = json.loads(parser_schema(catalogue(), vocabularies()["intelmq"]))
TYPES = sorted(catalogue().report_types)

INTEGERS = ("source.port", "source.asn", "destination.port", "destination.asn")


def _is_address(said: str) -> bool:
    try:
        ipaddress.ip_address(said)
    except ValueError:
        return False
    return True


FUNCTIONS: Mapping[str, Callable[[str], object]] = {
    "add_UTC_to_timestamp": lambda said: f"{said} UTC",
    "convert_int": lambda said: int(said) if said else None,
    "validate_ip": lambda said: said if _is_address(said) else None,
    "validate_network": lambda said: said if "/" in said else None,
}
"""Those that we name, of all that the parser has."""


def read(file_name: str, content: str) -> list[dict[str, Any]]:
    """The events of a file: what fails there fails here."""
    conf = next(each for each in SCHEMA.values() if each["file_name"] == file_name)
    return [_event(conf, row) for row in csv.DictReader(io.StringIO(content), dialect="unix")]


def _event(conf: Mapping[str, Any], row: Mapping[str, str]) -> dict[str, Any]:
    event: dict[str, Any] = {}
    left = list(row)
    for required in (True, False):
        for key, name, *function in conf["required_fields" if required else "optional_fields"]:
            assert name in row, f"the parser misses {name}"
            value = FUNCTIONS[function[0]](row[name]) if function else row[name]
            if name not in left:
                left.append(name)
            if value is not None or not required:
                left.remove(name)
            if value in (None, ""):
                continue
            path = f"extra.{name}" if key == "extra." else key
            assert path not in event, f"the parser ends at {path}, which is there already"
            event[path] = value
    event |= conf["constant_fields"]
    return event | {f"extra.{name}": row[name] for name in left if row[name]}


def test_every_type_is_there_under_the_name_that_files_have() -> None:
    assert sorted(SCHEMA) == TYPES
    assert [each["file_name"] for each in SCHEMA.values()] == list(SCHEMA)
    assert len({each["feed_name"] for each in SCHEMA.values()}) == len(TYPES)


@pytest.mark.parametrize("type_id", TYPES)
def test_a_report_is_read_whole_and_says_what_our_own_events_say(type_id: str) -> None:
    entry = catalogue().report_types[type_id]
    row = row_of(entry, entry.sample)
    fields = [*SCHEMA[type_id]["required_fields"], *SCHEMA[type_id]["optional_fields"]]
    assert {name for _, name, *_ in fields} == set(entry.column_names)
    (event,) = read(type_id, f"{row.header}\n{row.line}\n")
    told = set(map(str, event.values()))
    for name, cell in row.cells.items():
        assert not cell or cell in told or f"{cell} UTC" in told, name
    ours = Translator(vocabularies()["intelmq"], entry, REPORTER).object_of(row)
    for key, value in ours.items():
        if key.startswith(("classification.", "source.ip", "destination.ip")) or key in INTEGERS:
            assert event[key] == value, key
    assert event["time.source"] == f"{row.cells['timestamp']} UTC"


def test_rows_without_anything_but_a_time_are_read() -> None:
    for type_id in TYPES:
        entry = catalogue().report_types[type_id]
        row = row_of(entry, {"timestamp": "2026-11-22 00:00:01"})
        (event,) = read(type_id, f"{row.header}\n{row.line}\n")
        assert event == {
            "time.source": "2026-11-22 00:00:01 UTC",
            **SCHEMA[type_id]["constant_fields"],
        }


def test_a_prefix_in_the_place_of_an_address_is_a_network() -> None:
    entry = catalogue().report_types["blocklist"]
    row = row_of(entry, {**entry.sample, "ip": "192.0.2.0/24"})
    (event,) = read("blocklist", f"{row.header}\n{row.line}\n")
    assert (event["source.network"], event.get("source.ip")) == ("192.0.2.0/24", None)
