"""Thirty rules, and three hundred that make the same records: what a rule more costs.

The thirty tell the report types of the first parts; of each part narrower rules take some events
first, by what marks tools: other texts of the same few columns, as signatures do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bench.world.rules import PARTS, Asked, Value, rule_of

FEW = 30
MANY = 300


def write_many_rules(folder: Path, count: int) -> None:
    """So many rules in the place of those that are there."""
    for path in folder.glob("*.yml"):
        path.unlink()
    for number in range(count):
        part = number % FEW
        general = number < FEW
        asked = PARTS[part] if general else (*PARTS[part], _mark(number, PARTS[part]))
        text = json.dumps(rule_of(part, asked, 500 if general else 50, str(number)), indent=1)
        (folder / f"many-{number:03}.yml").write_text(text, encoding="ascii")


def _mark(number: int, part: tuple[Asked, ...]) -> Asked:
    """What a narrower rule asks, of a column that its part does not ask."""
    taken = {key.partition("|")[0] for each in part for key in each.selection}
    marks = [
        mark for mark in _marks(number) if next(iter(mark.selection)).split("|")[0] not in taken
    ]
    return marks[number % len(marks)]


def _marks(number: int) -> Iterator[Asked]:
    path, name = f"{number * 61:05}", f"user{number * 13:04}"
    yield _asked("http_url", f"/cgi-bin/{path}/login.php", f"/cgi-bin/{path}/login.php")
    yield _asked("http_url|contains", f"/{path[:4]}", f"/cgi-bin/{path}/login.php")
    yield _asked("http_url|startswith", f"/cgi-bin/{path[:3]}", f"/cgi-bin/{path}/login.php")
    yield _asked("username", [name, f"admin{number}", "root"], name)
    yield _asked("username|endswith", f"{number:03}", f"user0{number:03}")
    yield _asked("http_agent|endswith", f"Safari/{number}", f"Mozilla/5.0 Safari/{number}")
    yield _asked("http_agent|contains", f"rv:{number}.", f"Mozilla/5.0 (rv:{number}.0)")
    yield _asked("http_host", f"www{number * 7}.example.org", f"www{number * 7}.example.org")
    yield _asked("http_host|startswith", f"www{number}", f"www{number}1.example.org")
    yield _asked("payload_md5|startswith", f"{number:03x}", f"{number:03x}0")
    yield _asked("src_port", number + 1_024, number + 1_024)


def _asked(key: str, value: Value, cell: str | int) -> Asked:
    return Asked({key: value}, {key.partition("|")[0]: cell})
