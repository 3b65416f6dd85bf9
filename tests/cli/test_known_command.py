"""`tocsin known` as people call it."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from tocsin.cli.exit_codes import DONE, TERMINAL
from tocsin.cli.main import application

NOW = ("--now", "2026-11-22T12:00:00Z")


def call(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(application("known"), ["known", *arguments, "--home", str(home)])


def test_a_home_that_is_not_there_is_told_and_not_made_by_a_mistake(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert call(home, "list").exit_code == TERMINAL
    assert call(home, "add", "tor-exit", str(tmp_path / "none.txt"), *NOW).exit_code == TERMINAL
    assert not home.exists()


def test_a_list_that_names_nothing_is_kept_and_said_to_end_the_tag(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("# none\n", "utf-8")
    result = call(tmp_path / "home", "add", "tor-exit", str(empty), *NOW)
    assert result.exit_code == DONE
    assert "from 2026-11-22 on nobody is known as tor-exit" in result.stderr
    assert "2026-11-22" in call(tmp_path / "home", "list").stdout
