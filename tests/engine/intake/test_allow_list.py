"""The operator's allow list."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tocsin.engine.intake.allow_list import read_allow_list
from tocsin.model.address import parse_network
from tocsin.model.errors import ConfigurationError


def _write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["what,reason,expires", *lines]) + "\n", encoding="utf-8")
    return path


def test_no_file_is_an_empty_list(tmp_path: Path) -> None:
    assert read_allow_list(tmp_path / "allow.csv") == ()


def test_networks_and_domains_are_read_with_reason_and_end(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "allow.csv",
        "192.0.2.0/28,our own scanners,2027-01-01",
        "example.org,a research crawler,2026-12-01T12:00:00Z",
    )
    network, domain = read_allow_list(path)
    assert network.network == parse_network("192.0.2.0/28")
    assert network.expires == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    assert domain.has_domain("www.example.org")
    assert not domain.has_domain("example.org.example.net")


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "allow.csv",
        "192.0.2.1/28,host bits,2027-01-01",
        "192.0.2.0/28,,2027-01-01",
        "192.0.2.0/28,no end,",
        "192.0.2.0/28,fine,2027-01-01",
        "too,few",
    )
    with pytest.raises(ConfigurationError) as caught:
        read_allow_list(path)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 6]
    assert "192.0.2.0/28 was meant?" in str(caught.value)


def test_a_missing_header_is_told(tmp_path: Path) -> None:
    path = tmp_path / "allow.csv"
    path.write_text("192.0.2.0/28,mine,2027-01-01\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="what,reason,expires"):
        read_allow_list(path)
