"""Settings from file and environment: what counts, and how mistakes are told."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.cases import cases

from tocsin.configuration.load import (
    Configuration,
    LakePlace,
    ReporterNames,
    RetentionDays,
    load_configuration,
    variables,
)
from tocsin.configuration.maps import Maps, MapSource
from tocsin.configuration.service import (
    ApiRules,
    BrakeRules,
    DatabasePlace,
    DeliveryRules,
    MailboxPlace,
    MailPlace,
    ProofRules,
    ReviewRules,
    ServicePlace,
)
from tocsin.configuration.toml_lines import lines_of_keys
from tocsin.engine.atlas.maps import PUBLIC_MAPS
from tocsin.engine.prune import Retention
from tocsin.model.errors import ConfigurationError

SERVICE: dict[str, type[BaseModel]] = {
    "service": ServicePlace,
    "database": DatabasePlace,
    "mail": MailPlace,
    "mailbox": MailboxPlace,
    "review": ReviewRules,
    "proof": ProofRules,
    "delivery": DeliveryRules,
    "api": ApiRules,
    "brake": BrakeRules,
}

MANUAL = Path(__file__).parents[2] / "docs" / "operators" / "configuration.md"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("TOCSIN_"):
            monkeypatch.delenv(name)


def file_with(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tocsin.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(path)
    return [str(problem).replace(f"{path}", "FILE") for problem in caught.value.problems]


def test_without_a_file_all_is_default(tmp_path: Path) -> None:
    configuration = load_configuration(tmp_path / "tocsin.toml")
    assert configuration.workers == len(os.sched_getaffinity(0))
    assert configuration.memory_limit == "1GiB"
    assert configuration.most_bytes == 64 << 30
    assert configuration.night_deadline == dt.time(6)
    assert configuration.shared_networks_kept() == ()
    assert configuration.retention_days() == Retention()


def test_the_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_with(
        tmp_path,
        "workers = 3\nmost_bytes = '2GiB'\nnight_deadline = '05:30'\n"
        "[retention]\nrecords = 60\npacks = 61\n"
        "[shared_networks]\n'2001:db8::/32' = 5\n'192.0.2.0/24' = 50\n",
    )
    monkeypatch.setenv("TOCSIN_WORKERS", "5")
    monkeypatch.setenv("TOCSIN_RETENTION__PACKS", "62")
    configuration = load_configuration(path)
    assert configuration.workers == 5
    assert configuration.most_bytes == 2 << 30
    assert configuration.night_deadline == dt.time(5, 30)
    assert (configuration.retention.records, configuration.retention.packs) == (60, 62)
    assert configuration.shared_networks_kept() == (("192.0.2.0/24", 50), ("2001:db8::/32", 5))


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = file_with(
        tmp_path,
        "# ours\nworkers = 0\nworker = 3\n\nmemory_limit = 'much'\n"
        "[retention]\nrecords = 'long'\nfor_ever = 1\n"
        "[shared_networks]\n'192.0.2.1/24' = 50\n'everything' = 1\n",
    )
    assert mistakes(path) == [
        "FILE:2: workers: input should be greater than or equal to 1",
        "FILE:3: there is no setting 'worker' ('workers' was meant?)",
        "FILE:5: memory_limit: is no amount of memory such as 1GiB",
        "FILE:7: retention.records: input should be a valid integer, "
        "unable to parse string as an integer",
        "FILE:8: there is no setting 'retention.for_ever'",
        "FILE:10: shared_networks.192.0.2.1/24: '192.0.2.1/24' has bits set behind its length; "
        "192.0.2.0/24 was meant?",
        "FILE:11: shared_networks.everything: 'everything' is not an IP address",
    ]


def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_WORKERS", "many")
    monkeypatch.setenv("TOCSIN_RETENTION__RECORDS", "0")
    path = file_with(tmp_path, "absent_days = 0\n")
    assert mistakes(path) == [
        "FILE:1: absent_days: input should be greater than or equal to 1",
        "TOCSIN_RETENTION__RECORDS: retention.records: input should be greater than or equal to 1",
        "TOCSIN_WORKERS: workers: input should be a valid integer, "
        "unable to parse string as an integer",
    ]


def test_a_misspelt_variable_is_told_and_a_foreign_one_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_WORKER", "2")
    monkeypatch.setenv("TOCSIN_IMAGE", "registry/tocsin")
    monkeypatch.setenv("TOCSIN_HOME", "elsewhere")
    assert mistakes(tmp_path / "none.toml") == [
        "TOCSIN_WORKER: there is no such setting (TOCSIN_WORKERS was meant?)"
    ]


def test_a_table_in_the_environment_that_is_no_json_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_SHARED_NETWORKS", "192.0.2.0/24")
    assert any("shared_networks" in each for each in mistakes(tmp_path / "none.toml"))


def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    path = file_with(tmp_path, "workers = 1\nnight deadline = 3\n")
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(path)
    assert (caught.value.where, caught.value.line) == (str(path), 2)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_configuration(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_configuration(tmp_path)


def test_a_deadline_with_a_zone_is_refused(tmp_path: Path) -> None:
    path = file_with(tmp_path, "night_deadline = '06:00+02:00'\n")
    assert mistakes(path) == [
        "FILE:1: night_deadline: is a time of day in UTC, without a zone",
    ]


def test_lines_are_found_in_tables_quoted_keys_and_around_long_texts() -> None:
    text = "a = 1\n'b c' = '''\nd = 2\n'''\n[t.u]  # x\ne.f = [\n 1,\n]\n[[v]]\n\"g.h\" = 1\n"
    assert lines_of_keys(text) == {
        ("a",): 1,
        ("b c",): 2,
        ("t", "u"): 5,
        ("t", "u", "e", "f"): 6,
        ("v",): 9,
        ("v", "g.h"): 10,
    }


@given(st.text(max_size=200))
@settings(max_examples=cases(33), deadline=None)
def test_the_finder_of_lines_never_fails(text: str) -> None:
    assert all(line >= 1 for line in lines_of_keys(text).values())


def test_every_setting_is_described_and_every_described_one_exists() -> None:
    described = dict(re.findall(r"^\| `([a-z0-9_.]+)` \| ([^|]+) \|", MANUAL.read_text(), re.M))
    existing = {*Configuration.model_fields}
    existing |= {f"retention.{name}" for name in RetentionDays.model_fields}
    existing |= {f"lake.{name}" for name in LakePlace.model_fields}
    existing |= {f"reporter.{name}" for name in ReporterNames.model_fields}
    existing |= {f"maps.{name}" for name in Maps.model_fields}
    existing |= {
        f"{table}.{name}" for table, model in SERVICE.items() for name in model.model_fields
    }
    assert set(described) == existing


def test_every_setting_of_a_map_and_every_public_map_is_described() -> None:
    text = MANUAL.read_text()
    described = re.findall(r"^\| `maps\.sources\.NAME\.([a-z_]+)` \|", text, re.M)
    assert set(described) == set(MapSource.model_fields)
    maps = (MANUAL.parent / "atlas.md").read_text().partition("## Building")[0]
    rows = re.findall(r"^\| `([a-z]+)` \| (routes|geo|names) \|", maps, re.M)
    assert rows == [(each.name, each.use.value) for each in PUBLIC_MAPS]


def test_what_is_said_of_a_map_goes_over_what_it_is_by_default(tmp_path: Path) -> None:
    path = file_with(
        tmp_path,
        "[maps]\nattempts = 5\n[maps.sources.iptoasn]\nurl = ''\n"
        "[maps.sources.arin]\nurl = 'https://example.org/arin'\n"
        "[maps.sources.own]\nuse = 'geo'\nurl = 'https://example.org/own.mmdb'\nlicence = 'ours'\n",
    )
    maps = load_configuration(path).maps
    wanted = {each.name: each for each in maps.wanted()}
    assert maps.attempts == 5
    assert list(wanted) == [*(each.name for each in PUBLIC_MAPS[1:]), "own"]
    assert wanted["arin"].url == "https://example.org/arin"
    assert wanted["arin"].licence == next(e.licence for e in PUBLIC_MAPS if e.name == "arin")
    assert wanted["own"].licence == "ours"


def test_mistakes_in_a_map_are_told_with_their_lines(tmp_path: Path) -> None:
    path = file_with(
        tmp_path,
        "[maps.sources.own]\nuse = 'roads'\nurl = 'file:///etc/passwd'\nlicense = 'x'\n"
        "[maps.sources.other]\nuse = 'geo'\nurl = 'https://example.org/'\n",
    )
    told = mistakes(path)
    assert len(told) == 4
    assert told[0] == "FILE:2: maps.sources.own.use: input should be 'routes', 'geo' or 'names'"
    assert told[1].startswith("FILE:3: maps.sources.own.url: is no address that begins with https")
    assert told[2].startswith("FILE:4: there is no setting 'maps.sources.own.license' ('licence'")
    assert told[3].startswith("FILE:7: maps.sources.other.url: ")


@pytest.mark.parametrize(
    "address",
    [
        "https://alice:secret@example.org/own.mmdb",
        "https://example.org/?key=secret",
        "https://example.org:secret/own.mmdb",
        "https://[secret/own.mmdb",
    ],
)
def test_an_address_with_a_password_is_refused_and_no_key_is_shown(
    tmp_path: Path, address: str
) -> None:
    path = file_with(tmp_path, f"[maps.sources.own]\nuse = 'geo'\nurl = '{address}'\n")
    (told,) = mistakes(path)
    assert told.startswith("FILE:3: maps.sources.own.url: ")
    assert "secret" not in told


def test_the_defaults_described_are_the_defaults(tmp_path: Path) -> None:
    (complete, _example) = re.findall(r"```toml\n(.*?)```", MANUAL.read_text(), re.S)
    described = load_configuration(file_with(tmp_path, complete))
    default = load_configuration(tmp_path / "none.toml")
    assert described.model_dump(exclude={"workers"}) == default.model_dump(exclude={"workers"})
    for line in MANUAL.read_text().splitlines():
        if cells := re.match(r"\| `retention\.(\w+)` \| `(\d+)` \|", line):
            assert getattr(default.retention, cells.group(1)) == int(cells.group(2))


def test_the_example_of_shared_networks_loads(tmp_path: Path) -> None:
    (_complete, example) = re.findall(r"```toml\n(.*?)```", MANUAL.read_text(), re.S)
    configuration = load_configuration(file_with(tmp_path, example))
    assert configuration.shared_networks_kept() == (("198.51.100.0/24", 50),)


def test_every_setting_has_a_variable() -> None:
    assert "TOCSIN_WORKERS" in variables()
    assert "TOCSIN_RETENTION__RECORDS" in variables()
