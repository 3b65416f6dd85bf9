"""How commands speak and end, run as real processes where pipes and signals matter."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from rich.table import Table
from rich.text import Text

from tocsin.cli.exit_codes import EXIT_CODES
from tocsin.cli.main import COMMANDS, application
from tocsin.cli.options import moment, parse_day, parse_moment
from tocsin.cli.output import Output, command
from tocsin.cli.terminal import visible
from tocsin.model.errors import Busy, CatalogueError, InputError, UsageError

HOSTILE = "\x1b[31mred\x1b]0;title\x07 [bold]not markup[/bold] \u202egpj.exe \x00\x9b \r:smile:"


def run(body: str, *, as_json: bool = False) -> subprocess.CompletedProcess[str]:
    """Run `body` as a command in a process of its own; `output` is its voice."""
    program = (
        "import sys, typer\n"
        "from tocsin.cli.output import command\n"
        "from tocsin.model.errors import *\n"
        "def main():\n"
        f"    with command('try', as_json={as_json}) as output:\n"
        + "".join(f"        {line}\n" for line in body.splitlines())
        + "app = typer.Typer(pretty_exceptions_enable=False)\n"
        "app.command()(main)\n"
        "app()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_human_figures_come_in_order_and_next_is_the_last_line() -> None:
    done = run("output.next('tocsin b')\noutput.figures({'a': 1}, 'one')\noutput.line('two')")
    assert done.stdout == "one\ntwo\n\nNext: tocsin b\n"
    assert (done.stderr, done.returncode) == ("", 0)


def test_json_is_exactly_one_object_with_warnings_and_next() -> None:
    done = run(
        "output.figures({'a': 1}, 'one')\noutput.line('two')\noutput.figures({'b': '\\x1b'}, '')\n"
        "output.warn('careful')\noutput.next('tocsin b')",
        as_json=True,
    )
    value = json.loads(done.stdout)
    assert value == {"a": 1, "b": "\x1b", "warnings": ["careful"], "next": "tocsin b"}
    assert "\x1b" not in done.stdout
    assert done.stderr == "warning: careful\n"


def test_finish_sets_the_exit_code_after_a_full_report() -> None:
    done = run("output.finish(1)\noutput.finish(0)\noutput.line('all told')")
    assert (done.stdout, done.returncode) == ("all told\n", 1)


def test_an_error_with_several_problems_tells_them_all_on_standard_error() -> None:
    done = run(
        "raise CatalogueError('2 mistakes', where='types', problems=["
        "Problem('a.yaml', 3, 1, 'no area', 'name one'), Problem('b.yaml', 9, 0, 'twice')])"
    )
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "tocsin try: types: 2 mistakes",
        "  a.yaml:3:1: no area (name one)",
        "  b.yaml:9: twice",
    ]
    assert done.returncode == 3


def test_an_error_is_one_json_object_where_json_was_asked_for() -> None:
    done = run("raise Busy('busy', where='home', todo='wait')", as_json=True)
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["what"], error["todo"]) == ("Busy", "busy", "wait")
    assert error["transient"] is True
    assert done.returncode == 4


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (InputError("x"), 3),
        (CatalogueError("x"), 3),
        (Busy("x"), 4),
        (PermissionError(errno.EACCES, "no right", "/nowhere"), 2),
        (OSError(errno.ENOSPC, "no room", "/nowhere"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_the_family_of_an_error_is_its_exit_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, command("try", as_json=False):
        raise error
    assert ended.value.exit_code == code
    assert code in EXIT_CODES
    assert "tocsin try: " in capsys.readouterr().err


def test_an_unknown_fault_is_not_dressed_up_as_an_error_of_the_user() -> None:
    with pytest.raises(ZeroDivisionError), command("try", as_json=False):
        _ = 1 // 0


def test_files_made_by_a_command_are_private_and_the_mask_is_put_back(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with command("try", as_json=False):
            (tmp_path / "private").write_text("x")
        assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_hostile_strings_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output("try", as_json=False)
    table = Table("head", HOSTILE)
    table.add_row(HOSTILE, Text(HOSTILE))
    for content in (HOSTILE, table, Text(HOSTILE)):
        output.figures({}, content)
    output.warn(HOSTILE)
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        assert not set(text) & set("\x1b\x07\x00\x9b\r\u202e")
        assert "[bold]not markup[/bold]" in text
        assert ":smile:" in text


def test_visible_keeps_line_ends_and_letters_and_shows_the_rest() -> None:
    assert visible("ä\n日本 😀") == "ä\n日本 😀"
    assert visible("\x00\x1b\x7f\t\ud800\u2066") == "\u2400\u241b\u2421 \ufffd\ufffd"


def test_long_lines_are_not_wrapped_in_a_pipe() -> None:
    assert run("output.line('x' * 5000)").stdout == "x" * 5000 + "\n"


def test_a_reader_that_goes_away_does_not_stop_the_work(tmp_path: Path) -> None:
    marker = tmp_path / "done"
    body = (
        "import time\n"
        "for n in range(3000): output.line('x' * 100)\n"
        f"open({str(marker)!r}, 'w').write('worked on')"
    )
    read, write = os.pipe()
    os.close(read)
    program = (
        "from tocsin.cli.output import command\n"
        "with command('try', as_json=False) as output:\n"
        + "".join(f"    {line}\n" for line in body.splitlines())
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert marker.read_text() == "worked on"


def test_an_interrupt_is_quiet_and_ends_with_130() -> None:
    program = (
        "import signal, time\nfrom tocsin.cli.main import *\n"
        "from tocsin.cli.output import command\n"
        # Whoever runs the tests in the background has it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "app = typer.Typer()\n"
        "@app.command()\n"
        "def wait():\n"
        "    with command('wait', as_json=False):\n"
        "        sys.stdout.write('ready\\n'); sys.stdout.flush(); time.sleep(60)\n"
        "app()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told.strip().splitlines() == [
        "tocsin wait: interrupted; run the same command again to go on"
    ]


def test_progress_into_a_log_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([0.0, 1.0, 6.0, 6.0, 7.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(readings))
    with Output("try", as_json=False).progress("batches", 3) as advance:
        for _ in range(3):
            advance(1)
    assert capsys.readouterr().err == "batches: 2 of 3\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22", dt.datetime(2026, 11, 22, tzinfo=dt.UTC)),
        ("2026-11-22T06:30:00Z", dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)),
        ("2026-11-22T06:30:00+02:00", dt.datetime(2026, 11, 22, 4, 30, tzinfo=dt.UTC)),
        ("2026-11-22 06:30", dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)),
    ],
)
def test_a_moment_is_read_as_utc(text: str, expected: dt.datetime) -> None:
    assert parse_moment(text) == expected
    assert moment(expected) is expected


def test_the_real_clock_is_read_when_no_moment_is_given() -> None:
    assert abs(moment(None) - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


def test_what_is_no_day_or_moment_is_a_usage_error() -> None:
    for parse in (parse_day, parse_moment):
        with pytest.raises(typer.BadParameter, match="yesterday"):
            parse("yesterday")


def test_the_version_is_printed_fast() -> None:
    started = time.monotonic()
    modules = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tocsin", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert modules.stdout.startswith("tocsin ")
    assert time.monotonic() - started < 5  # a bound for a laden machine; usually 0.2 s
    for heavy in ("pyarrow", "duckdb", "numpy", "rich.console", "pydantic"):
        assert f" {heavy}\n" not in modules.stderr


def test_help_lists_every_command_without_loading_any() -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "tocsin", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    for each in COMMANDS:
        assert f"  {each.name} " in helped.stdout
        assert each.summary.split(maxsplit=1)[0] in helped.stdout


def test_every_command_in_the_table_loads() -> None:
    application()
