"""`tocsin look` as a stranger calls it: the whole text, the figures, the exit codes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome, event, ndjson
from typer.testing import CliRunner, Result

from tocsin.cli.main import application
from tocsin.cli.reasons import NOTES, REASONS, note_in_words, reason_in_words
from tocsin.engine.intake.verdicts import Reason

GOLDEN = Path(__file__).parents[1] / "golden"
NOW = "2026-11-22T22:00:00Z"

SINKHOLE = """\
"timestamp","protocol","src_ip","src_port","src_asn","src_geo","dst_ip","dst_port","infection","family","severity","mood"
"2026-11-22 00:10:00","tcp","192.0.2.7",40001,64496,"XA","203.0.113.5",80,"example-bot","bots","high","calm"
"2026-11-22 00:20:00","tcp","192.0.2.7",40002,64496,"XA","203.0.113.5",80,"example-bot","bots","high",
"2026-11-22 09:00:00","tcp","192.0.2.8",40003,64496,"XA","203.0.113.5",80,"other-bot","bots"
"yesterday","tcp","192.0.2.9",40004,64496,"XA","203.0.113.5",80,"other-bot","bots","low",

"2026-11-22 10:00:00","tcp","2001:db8::1",40005,64499,"XB","203.0.113.5",80,"[bold]\x1b[31mbot","bots","low",
"2026-11-01 10:00:00","tcp","198.51.100.3",40006,64497,"XB","203.0.113.5",80,"other-bot","bots","low",
"2026-11-22 11:00:00","tcp","10.0.0.1",40007,,"XB","203.0.113.5",80,"other-bot","bots","low",
"2026-11-22 11:00:00","tcp","nowhere",40008,,"XB","203.0.113.5",80,"other-bot","bots","low",
"2026-11-22 11:00:00","tcp","198.51.100.4",99999,64497,"XB","203.0.113.5",80,"other-bot","bots","low",,,"what is this?"
"""  # noqa: E501 - rows of a report are as long as they are


@pytest.fixture(autouse=True)
def at_home_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in a directory of their own, as on a fresh machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOCSIN_HOME", raising=False)


def tocsin_look(*arguments: str) -> Result:
    return CliRunner().invoke(application("look"), ["look", "--now", NOW, *arguments])


def put(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def test_the_whole_text_for_a_small_report() -> None:
    small = SmallHome.make(Path("world"))
    path = put("2026-11-22-event4_sinkhole-example-isp-asn.csv", SINKHOLE)
    small.write_source("reports", "extends: shadowserver-csv\ntitle: R\ndescription: Reports.\n"
                       "filters: {reserved_allowed: [documentation]}\n")  # fmt: skip
    result = tocsin_look(path, "--home", str(small.home.root), "--source", "reports")
    shown = "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())
    (atlas,) = small.home.atlases.iterdir()
    golden = (GOLDEN / "look-event4_sinkhole.txt").read_text(encoding="utf-8")
    assert shown == golden.replace("{atlas}", atlas.name)
    assert result.exit_code == 1


def test_a_stranger_needs_no_home_and_is_told_what_to_do_next() -> None:
    result = tocsin_look(put("2026-11-22-event4_sinkhole-x-asn.csv", SINKHOLE))
    assert "an address of reserved space" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Next: tocsin ")
    assert list(Path().iterdir()) == [Path("2026-11-22-event4_sinkhole-x-asn.csv")]


def test_json_is_one_object_whose_figures_add_up() -> None:
    name = put("2026-11-22-event4_sinkhole-x-asn.csv", SINKHOLE)
    result = tocsin_look(name, "--without", "reserved", "--json", "--top", "2")
    said = json.loads(result.stdout)
    away = sum(said["dropped"].values()) + sum(said["rejected"].values())
    assert said["rows"] == said["kept"] + away == 9
    assert said["files"][0]["report_type"] == "event4_sinkhole"
    assert said["unknown_columns"] == ["mood"]
    assert len(said["addresses"]) == 2
    assert said["addresses"][0]["address"] == "192.0.2.7"
    assert (said["atlas"], said["home"]) == (None, None)
    assert said["next"]


def test_all_good_ends_with_0() -> None:
    result = tocsin_look(put("a.ndjson", ndjson([event(1)])), "--without", "reserved")
    assert (result.exit_code, "1  kept" in result.stdout) == (0, True)


def test_an_unknown_format_is_described_and_ends_with_3() -> None:
    result = tocsin_look(put("a.log", b"Nov 22 04:12:09 host sshd[1]: \x1b[31mfailed\n"))
    assert result.exit_code == 3
    assert "none that is known" in result.stdout
    assert "docs/operators/tocsin-ndjson.md" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_missing_file_is_one_clear_message() -> None:
    result = tocsin_look("missing.csv")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("tocsin look: missing.csv: the file cannot be opened")


def test_several_unreadable_files_are_told_all_at_once() -> None:
    result = tocsin_look("one.csv", "two.csv")
    assert result.exit_code == 3
    assert "none of the 2 files can be read" in result.stderr
    assert "one.csv" in result.stderr
    assert "two.csv" in result.stderr


def test_several_files_have_a_line_each_and_one_summary() -> None:
    one = put("a.ndjson", ndjson([event(1), event(2)]))
    two = put("2026-11-22-event4_sinkhole-x-asn.csv", SINKHOLE)
    result = tocsin_look(one, two, put("c.log", "what?\n"), "missing", "--without", "reserved")
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[0].split() == ["4", "files", "Type", "Rows", "Kept", "Dropped", "Rejected"]
    assert lines[1].split() == ["a.ndjson", "tocsin-ndjson", "2", "2", "0", "0"]
    assert lines[3].split() == ["c.log", "not", "read"]
    assert "missing: the file cannot be opened" in result.stderr
    assert "11  read" in result.stdout


def test_a_file_of_2010_suggests_to_store_it_as_historical() -> None:
    name = put("2010-01-01-event4_sinkhole-x-asn.csv", SINKHOLE.replace("2026-11", "2010-01"))
    result = tocsin_look(name, "--without", "reserved")
    assert "too old to be reported" in result.stdout
    assert "--historical" in result.stdout.splitlines()[-1]


def test_an_unknown_filter_is_refused() -> None:
    result = tocsin_look(put("a.ndjson", ndjson([event(1)])), "--without", "nonsense")
    assert (result.exit_code, "there is no filter 'nonsense'" in result.stderr) == (2, True)


def test_every_reason_has_words() -> None:
    assert {reason.value for reason in Reason} <= set(REASONS)
    assert reason_in_words("some_new_reason") == "some new reason"
    assert note_in_words("not_for:event4_sinkhole").endswith("event4_sinkhole")
    assert all(words[0].isupper() for words in NOTES.values())


POT = {
    "report_type": "event4_honeypot_brute_force",
    "timestamp": "2026-11-22T04:12:09Z",
    "src_ip": "192.0.2.44",
}


def pot(**changed: str) -> str:
    return json.dumps(POT | changed) + "\n"


def test_what_is_held_and_what_is_rejected_are_told_apart() -> None:
    rows = [pot(timestamp=f"2026-11-{day}T08:00:00Z") for day in (22, 23, 25, 26)]
    said = tocsin_look(put("pot.ndjson", "".join(rows)), "--without", "reserved").stdout
    assert "1 row ahead of the clock: held until their time when collected." in said
    assert "2 rows more than a day ahead: rejected when collected." in said


def test_keys_are_shown_only_of_a_file_without_any_report_type() -> None:
    one = '{"source.ip": "192.0.2.1", "time": "now"}\n'
    assert "first object has the keys source.ip" in tocsin_look(put("a.ndjson", one)).stdout
    assert "first object" not in tocsin_look(put("b.ndjson", pot() + one)).stdout


def test_a_file_mostly_of_old_rows_is_one_for_history() -> None:
    rows = [pot(timestamp="2026-10-01T08:00:00Z")] * 20 + [pot()]
    said = tocsin_look(put("pot.ndjson", "".join(rows)), "--without", "reserved").stdout
    small = SmallHome.make(Path("world"))
    home = str(small.home.root)
    words = ("pot.ndjson", "--without", "reserved", "--home", home)
    assert "too old to be reported" in said
    assert "--historical" in tocsin_look(*words).stdout.splitlines()[-1]


def test_numbers_are_whole_where_names_have_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    for number in (1, 2):
        put(f"{number}-{'very-' * 12}long.ndjson", pot() * 1234)
    names = [path.name for path in Path().glob("*long.ndjson")]
    said = tocsin_look(*names, "--without", "reserved").stdout
    assert said.count("1,234") >= 4
    assert "2,468" in said


def test_a_source_of_ones_own_that_takes_the_name_is_used() -> None:
    small = SmallHome.make(Path("world"))
    small.write_source("pots", 'extends: tocsin-ndjson\ntitle: Pots\nfiles: ["pot-*.ndjson"]\n'
                       "examples: {takes: [pot-1.ndjson]}\n"
                       "filters: {reserved_allowed: [documentation]}\n")  # fmt: skip
    home = str(small.home.root)
    assert "--source pots" in tocsin_look(put("pot-1.ndjson", pot()), "--home", home).stdout
    assert "pots" not in tocsin_look(put("other.ndjson", pot()), "--home", home).stdout


def test_a_misspelt_type_is_asked_about() -> None:
    name = put("x.csv", '"timestamp","ip"\n"2026-11-22 00:10:00","192.0.2.7"\n')
    said = tocsin_look(name, "--type", "scan_telnt", "--without", "reserved").stdout
    assert "scan_telnet was meant, not scan_telnt?" in said


def test_of_what_is_no_text_the_digits_are_shown() -> None:
    result = tocsin_look(put("x.bin", bytes(range(32)) * 9))
    assert "00 01 02 03" in result.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"eventid": "cowrie.login.failed", "session": "a", "src_ip": "192.0.2.1"}\n', "cowrie"),
        ('{"source.ip": "192.0.2.1", "time.source": "2026-11-22"}\n', "IntelMQ"),
        ('192.0.2.1 - - [22/Nov/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 5\n', "web server"),
        ("", "it is empty"),
    ],
)
def test_files_of_others_are_called_by_their_names(content: str, words: str) -> None:
    assert words in tocsin_look(put("other.log", content)).output


def test_a_workbook_is_to_be_saved_as_csv() -> None:
    with zipfile.ZipFile("x.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "save it as CSV" in tocsin_look("x.xlsx").output


def test_details_break_off_nowhere() -> None:
    said = tocsin_look(put("x.ndjson", pot() + '{"report_type": "a\n')).stdout
    assert "Unterminated string" in said
    assert "starting at" not in said


def test_a_file_within_an_archive_is_named_with_it() -> None:
    with zipfile.ZipFile("two.zip", "w") as archive:
        archive.writestr("a.ndjson", pot())
    assert tocsin_look("two.zip").stdout.startswith("two.zip!a.ndjson\n")


COWRIE = '{"eventid": "cowrie.login.failed", "session": "a", "src_ip": "192.0.2.1", "sensor": "p", '
COWRIE += '"timestamp": "2026-11-22T00:00:01.000000Z", "username": "root"}\n'


def test_the_log_of_a_honeypot_is_read_as_what_it_is() -> None:
    said = tocsin_look(put("honeypot.log", COWRIE), "--without", "reserved").stdout
    assert "event4_honeypot_brute_force" in said
    assert "Rows of sessions whose beginning has not been seen: 1." in said
    assert "cowrie, 153 bytes" in said


def test_the_log_of_a_honeypot_under_another_source_is_told_its_own() -> None:
    said = tocsin_look(put("honeypot.log", COWRIE), "--source", "tocsin-ndjson").stdout
    assert "They are those of Cowrie's log: --source cowrie reads them." in said
