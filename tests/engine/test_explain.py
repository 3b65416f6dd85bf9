"""Explaining a row: the right event, the right network, and nothing that its terms hide."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.fakes.judged import ONE_DAY, hold, judge
from tests.fakes.small_home import (
    DAY,
    EVENING,
    ROUTES,
    SENSORS,
    SmallHome,
    default_lists,
    event,
    ndjson,
)
from typer.testing import CliRunner, Result

from tocsin.catalogue.load import load_catalogue
from tocsin.cli.main import application
from tocsin.engine.explain.explain import Explanation, explain
from tocsin.engine.judgements.values import Kind, What
from tocsin.engine.lake.store import LocalStore
from tocsin.engine.reports import find_report, read_report
from tocsin.model.errors import RunError, UsageError
from tocsin.model.severity import Severity

ALPHA = "2026-11-22-event4_sinkhole-alpha-asn.csv"
BETA = "2026-11-22-event4_sinkhole-beta-cidr.csv"
CERT = "2026-11-22-event4_sinkhole-cert-xa-geo.csv"


def explained(small: SmallHome, name: str, row: int, revision: int | None = None) -> Explanation:
    home = small.home
    catalogue = load_catalogue(home.catalogue)
    return explain(home, LocalStore(home.lake), catalogue, name, row, revision=revision)


def tocsin_explain(small: SmallHome, *arguments: str) -> Result:
    home = ["--home", str(small.home.root)]
    return CliRunner().invoke(application("explain"), ["explain", *arguments, *home])


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def with_networks(organisation: str, filter_: str, networks: list[dict[str, str]]) -> object:
    """Lists with one more organisation, which has one list."""
    lists = json.loads(json.dumps(default_lists()))
    lists["organisations"].append(
        {"id": organisation, "name": organisation, "kind": "owner", "networks": networks}
    )
    lists["lists"].append(
        {"id": 9, "name": organisation, "organisation": organisation, "filter": filter_}
    )
    return lists


# --- what was judged since ---------------------------------------------------------------


def test_a_row_tells_what_was_withdrawn_or_distrusted_since(small: SmallHome) -> None:
    small.collect_events([event(1, sensor="pot"), event(2, "192.0.2.11")])
    small.night()
    assert explained(small, ALPHA, 1).judged == ()
    identity = explained(small, ALPHA, 1).event
    hold(small)
    by_id = judge(small, Kind.WITHDRAWAL, What.EVENT, identity)
    by_sensor = judge(small, Kind.DISTRUST, What.SENSOR, "pot", start=EVENING - 2 * ONE_DAY)
    judge(small, Kind.WITHDRAWAL, What.ADDRESS, "192.0.2.99")
    assert explained(small, ALPHA, 1).judged == (by_id, by_sensor)
    assert explained(small, ALPHA, 2).judged == ()
    result = tocsin_explain(small, ALPHA, "1")
    assert "it is withdrawn, w2 by kim: being looked at" in result.stdout
    assert "its sensor is distrusted, d3 by kim" in result.stdout


def test_of_a_hidden_giver_no_distrust_is_told(small: SmallHome) -> None:
    small.write_source("sensors", SENSORS + "terms: {credit: {form: hidden}}\n")
    small.collect_events([event(1, sensor="pot")])
    small.night()
    judge(small, Kind.DISTRUST, What.SENSOR, "pot", start=EVENING - 2 * ONE_DAY)
    assert explained(small, ALPHA, 1).judged == ()


# --- what is said -------------------------------------------------------------------------


def test_a_row_tells_file_and_line_of_its_event(small: SmallHome) -> None:
    hosts = ["192.0.2.30", "203.0.113.9", "192.0.2.10", "192.0.2.20"]
    events = [event(number, host, sensor="pot-7") for number, host in enumerate(hosts)]
    small.collect(small.put("pot.ndjson", ndjson(events)))
    small.night()
    lines = [explained(small, ALPHA, row).origin for row in (1, 2, 3)]
    assert [(each.file, each.line, each.sensor) for each in lines if each] == [
        ("pot.ndjson", 1, "pot-7"),
        ("pot.ndjson", 3, "pot-7"),
        ("pot.ndjson", 4, "pot-7"),
    ]


def test_every_row_of_every_report_is_explained_by_its_own_cells(small: SmallHome) -> None:
    hosts = ["192.0.2.30", "198.51.100.4", "203.0.113.9", "2001:db8::7", "192.0.2.10"]
    small.collect_events(
        [event(number, host) for number, host in enumerate(hosts * 3) if ":" not in host]
    )
    run = small.night()
    reports = run.manifest["reports"]
    assert isinstance(reports, list)
    for report in reports:
        for row in range(1, report["rows"] + 1):
            found = explained(small, report["file"], row)
            assert found.cells["src_ip"] in found.line
            assert found.list.id == report["list"]
            assert found.reasons
            assert found.place.interval is not None
            assert found.place.interval.asn == int(found.cells["src_asn"])


def test_events_that_became_one_row_are_counted_with_first_and_last(small: SmallHome) -> None:
    small.collect_events([event(10), event(400), event(90)])
    small.night()
    seen = explained(small, ALPHA, 1).sightings
    midnight = dt.datetime.combine(DAY, dt.time(), dt.UTC)
    assert seen.count == 3
    assert seen.first == midnight + dt.timedelta(seconds=10)
    assert seen.last == midnight + dt.timedelta(seconds=400)
    assert seen.received == EVENING
    assert seen.rule == "declared:tocsin-ndjson"


def test_the_network_that_matched_is_named_for_every_kind_of_list(small: SmallHome) -> None:
    small.collect_events([event(1), event(2, "198.51.100.77")])
    small.night()
    words = [explained(small, name, 1).reasons[0].words for name in (ALPHA, BETA, CERT)]
    assert words == [
        "AS64496 originates the src_ip",
        "198.51.100.0/24 holds the src_ip 198.51.100.77",
        "the src_ip lies in XA",
    ]


def test_since_when_a_network_is_valid_is_told(small: SmallHome) -> None:
    small.write_lists(
        with_networks("since", "cidr", [{"cidr": "192.0.2.0/25", "valid_from": "2026-03-01"}])  # type: ignore[arg-type]
    )
    small.collect_events([event(1)])
    small.night()
    (reason,) = explained(small, "2026-11-22-event4_sinkhole-since-cidr.csv", 1).reasons
    assert reason.network.valid.start == dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    shown = tocsin_explain(small, "2026-11-22-event4_sinkhole-since-cidr.csv", "1").stdout
    assert "valid since 2026-03-01 00:00:00 UTC" in shown


def test_the_atlas_is_the_one_of_the_row_not_the_newest(small: SmallHome) -> None:
    moved = "".join(f"{line},1\n" for line in ROUTES.splitlines()[1:])
    moved = f"prefix,asn,peers\n{moved}192.0.2.0/24,64510,3\n"
    small.build_atlas(dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC), routes=moved)
    small.collect_events([event(60), event(60 * 60 * 15)])
    small.night()
    before, after = explained(small, ALPHA, 1).place, explained(small, ALPHA, 2).place
    assert before.atlas < after.atlas
    assert (before.origins, after.origins) == ((64496,), (64496, 64510))
    assert after.interval is not None
    assert after.interval.origins == ((64496, 1), (64510, 3))


def test_an_atlas_that_is_gone_is_no_hindrance(small: SmallHome) -> None:
    small.collect_events([event(1)])
    small.night()
    (atlas,) = small.home.atlases.iterdir()
    atlas.rename(small.home.root.parent / "away")
    place = explained(small, ALPHA, 1).place
    assert (place.interval, place.origins) == (None, (64496,))
    assert place.missing == "this atlas is not there any more"


def test_the_severity_of_the_row_and_of_its_type(small: SmallHome) -> None:
    small.collect_events([event(1, severity="low"), event(2, "192.0.2.11")])
    small.night()
    own, default = explained(small, ALPHA, 1), explained(small, ALPHA, 2)
    assert (own.severity, own.own_severity) == (Severity.LOW, True)
    assert (default.severity, default.own_severity) == (Severity.CRITICAL, False)


def test_a_prefix_is_explained_by_what_it_covers(small: SmallHome) -> None:
    row = {"report_type": "blocklist", "timestamp": "2026-11-22T05:00:00Z", "ip": "192.0.2.0/26"}
    small.collect_events([row])
    small.night()
    found = explained(small, "2026-11-22-blocklist-alpha-asn.csv", 1)
    assert found.place.cover is not None
    assert found.place.cover.origins == (64496,)
    assert found.cells["ip"] == "192.0.2.0/26"


# --- terms --------------------------------------------------------------------------------


def test_masked_cells_are_not_told(small: SmallHome) -> None:
    small.collect_events([event(1, dst_ip="203.0.113.250", dst_hostname="pot.example.net")])
    small.night()
    found = explained(small, ALPHA, 1)
    assert {"dst_ip", "dst_hostname", "dst_asn", "dst_city"} <= set(found.masked)
    assert found.cells["dst_ip"] == ""
    for arguments in ([], ["--json"]):
        shown = tocsin_explain(small, ALPHA, "1", *arguments).stdout
        assert "203.0.113.250" not in shown
        assert "pot.example.net" not in shown


@pytest.mark.parametrize("credit", ["{form: hidden}", "{form: label, text: Friend 7}"])
def test_a_giver_who_is_not_named_is_not_given_away(tmp_path: Path, credit: str) -> None:
    terms = f"terms:\n  credit: {credit}\n"
    small = SmallHome.make(tmp_path, source=SENSORS + terms)
    small.collect(small.put("secret-pot.ndjson", ndjson([event(1, sensor="pot-7")])))
    small.night()
    found = explained(small, ALPHA, 1)
    assert found.origin is None
    for arguments in ([], ["--json"]):
        shown = tocsin_explain(small, ALPHA, "1", *arguments).stdout
        for secret in ("secret-pot", "pot-7", "sensors"):
            assert secret not in shown
        assert ("Friend 7" in shown) == ("label" in credit)


def test_a_masked_name_that_matched_is_not_told_as_the_reason(tmp_path: Path) -> None:
    terms = "terms:\n  masked: [src_hostname]\n"
    small = SmallHome.make(tmp_path, source=SENSORS + terms)
    small.write_lists(with_networks("names", "domain", [{"domain": "example.org"}]))  # type: ignore[arg-type]
    named = event(1, src_hostname="secret.example.org", hostname_confirmed=True)
    small.collect_events([named])
    small.night()
    name = "2026-11-22-event4_sinkhole-names-domain.csv"
    (reason,) = explained(small, name, 1).reasons
    assert reason.words == "a name that the terms hide lies under example.org"
    assert "secret" not in tocsin_explain(small, name, "1", "--json").stdout


# --- which report -------------------------------------------------------------------------


def content_of(small: SmallHome, name: str) -> bytes:
    return read_report(find_report(small.home.root, name).package, name)


def test_an_exported_file_is_explained_by_its_path(small: SmallHome, tmp_path: Path) -> None:
    small.collect_events([event(1)])
    small.night()
    exported = tmp_path / ALPHA
    exported.write_bytes(content_of(small, ALPHA))
    assert explained(small, str(exported), 1).number == 1
    exported.write_bytes(exported.read_bytes().replace(b"tcp", b"udp"))
    with pytest.raises(RunError, match="not the report as it was published"):
        explained(small, str(exported), 1)


def test_an_exported_file_tells_its_revision(small: SmallHome, tmp_path: Path) -> None:
    small.collect_events([event(1), event(2, "198.51.100.8")])
    small.night()
    exported = tmp_path / CERT
    exported.write_bytes(content_of(small, CERT))
    wider = default_lists()
    wider["organisations"][2]["networks"].append({"country": "XB"})  # type: ignore[index]
    lists = tmp_path / "wider.json"
    lists.write_text(json.dumps(wider))
    small.replay(lists=lists)
    assert explained(small, CERT, 2).report.package.revision == 2
    assert explained(small, str(exported), 1).report.package.revision == 1
    assert explained(small, CERT, 1, revision=1).report.slice.rows == 1


def test_a_delayed_row_is_explained_in_its_delayed_report(small: SmallHome) -> None:
    small.collect_events([event(1)])
    small.night()
    late = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
    small.collect_events([event(7, "192.0.2.77")], now=late)
    small.night(DAY + dt.timedelta(days=1))
    found = explained(small, "2026-11-23-event4_sinkhole-alpha-asn-delayed.csv", 1)
    assert found.report.delayed
    assert found.sightings.received == late


def test_a_list_of_changes_tells_since_when(small: SmallHome) -> None:
    lists = default_lists()
    lists["lists"][0]["delta"] = True  # type: ignore[index]
    small.write_lists(lists)
    small.collect_events([event(1)])
    small.night()
    assert explained(small, ALPHA, 1).changed_since == ""
    monday = event(1, "192.0.2.99", timestamp="2026-11-23T04:00:00Z")
    small.collect_events([monday], now=EVENING + dt.timedelta(days=1))
    small.night(DAY + dt.timedelta(days=1))
    found = explained(small, "2026-11-23-event4_sinkhole-alpha-asn.csv", 1)
    assert found.changed_since == "2026-11-22"


# --- errors -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [0, -1, 2, 10**12])
def test_a_row_that_is_not_there_is_refused(small: SmallHome, row: int) -> None:
    small.collect_events([event(1)])
    small.night()
    with pytest.raises(UsageError, match="has 1 row, so none with the number"):
        explained(small, ALPHA, row)


@pytest.mark.parametrize("name", ["nonsense", "2026-13-40-x-y-asn.csv", "", "../../etc/passwd"])
def test_what_is_no_report_is_refused(small: SmallHome, name: str) -> None:
    with pytest.raises(UsageError, match="there is no report"):
        explained(small, name, 1)


def test_an_unknown_report_is_refused_with_what_to_do(small: SmallHome) -> None:
    small.collect_events([event(1)])
    small.night()
    with pytest.raises(UsageError, match=r"no report .*-other-asn\.csv.*tocsin reports list"):
        explained(small, "2026-11-22-event4_sinkhole-other-asn.csv", 1)
    with pytest.raises(UsageError, match="no published revision 7 of 2026-11-22"):
        explained(small, ALPHA, 1, revision=7)


def test_a_damaged_pack_is_noticed(small: SmallHome) -> None:
    small.collect_events([event(1)])
    run = small.night()
    pack = run.package.path / "packs" / "event4_sinkhole.pack"
    pack.write_bytes(pack.read_bytes().replace(b"192.0.2.10", b"192.0.2.11"))
    with pytest.raises(RunError, match="not those that were written"):
        explained(small, ALPHA, 1)


def test_rows_that_are_not_the_report_s_are_noticed(small: SmallHome) -> None:
    small.collect_events([event(1), event(2, "198.51.100.8")])
    run = small.night()
    folder = small.home.lake / "published" / "2026-11-22" / "r1"
    path = folder / "event4_sinkhole.audiences.json"
    said = json.loads(path.read_bytes())
    said["audiences"] = [[], *reversed(said["audiences"][1:])]
    path.write_text(json.dumps(said))
    assert run.package.revision == 1
    with pytest.raises(RunError, match="do not agree"):
        explained(small, ALPHA, 1)


# --- the command --------------------------------------------------------------------------


def test_the_whole_text_of_an_explanation(small: SmallHome) -> None:
    small.collect(small.put("pot.ndjson", ndjson([event(1, sensor="pot-7"), event(9)])))
    small.night()
    result = tocsin_explain(small, ALPHA, "1")
    shown = "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())
    golden = Path(__file__).parents[1] / "golden" / "explain-event4_sinkhole.txt"
    (atlas,) = small.home.atlases.iterdir()
    text = golden.read_text(encoding="utf-8").replace("{atlas}", atlas.name)
    assert shown == text.replace("{home}", str(small.home.root))
    assert result.exit_code == 0


def test_hostile_strings_are_shown_harmlessly(small: SmallHome) -> None:
    small.collect_events([event(1, infection="\x1b[31m[bold]bot\u202e")])
    small.night()
    shown = tocsin_explain(small, ALPHA, "1").stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold]bot" in shown
