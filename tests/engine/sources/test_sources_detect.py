"""Telling formats by content."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.strategies.source_files import HEADER, MOST

from tocsin.engine.sources.compression import members
from tocsin.engine.sources.detect import CSV, NDJSON, Detected, detect


def _detected(tmp_path: Path, content: bytes) -> Detected:
    path = tmp_path / "some.file"
    path.write_bytes(content)
    (member,) = members(path)
    return detect(member, most_bytes=MOST)


@pytest.mark.parametrize(
    ("content", "format_name"),
    [
        (HEADER, CSV),
        (b"\xef\xbb\xbf" + HEADER, CSV),
        (b"\n\n" + HEADER, CSV),
        (gzip.compress(HEADER, mtime=0), CSV),
        (b'"Timestamp","Drone","ASN","Geo"\n', CSV),
        (b'"IP Address","Port","Channel"\n', CSV),
        (HEADER + b"\x01\x02\x03" * 3000, CSV),
        (HEADER + b"\0" * 3000, CSV),
        (b'{"report_type":"special"}\n', NDJSON),
        (b'  {"a":1}\n', NDJSON),
        (b'not json\n{"report_type":"special"}\n', NDJSON),
        (b'{"timestamp":1,ip,asn}\n', NDJSON),
    ],
)
def test_known_formats_are_told(tmp_path: Path, content: bytes, format_name: str) -> None:
    assert _detected(tmp_path, content).format == format_name


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "blank lines"),
        (b"[1,2]\n", "JSON array"),
        (b"<?xml version='1.0'?>\n", "XML"),
        (b"May  5 10:00:01 host sshd: failed\n", "no commas"),
        (b"one, two, three\n", "none of its names is known"),
        (b"\x7fELF\x02\x01", "program"),
        (b"BZh91AY", "bzip2"),
        ("ip,asn,geo,port\n1,2,3,4\n".encode("utf-16"), "UTF-16"),
        ("ip,asn,geo,port\n1,2,3,4\n".encode("utf-16-be"), "UTF-16"),
        (bytes(range(256)) * 20, "binary"),
    ],
)
def test_what_is_not_known_is_described(tmp_path: Path, content: bytes, words: str) -> None:
    found = _detected(tmp_path, content)
    assert found.format is None
    assert words in found.looks_like
