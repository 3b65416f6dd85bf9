"""What goes wrong in real logs: rows that cannot be read, lie, or are about nobody's network.

Every flaw lands in a file of sound rows, at a place that follows from the dice.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Final

from tocsin.cli.demo_world.days import MIDNIGHT, RECEIVED, any_moment
from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.logs import Texts

_TYPE: Final = "event4_honeypot_brute_force"


def spoil(files: Texts, events: int) -> None:
    """Mix flaws into the files of all sources; `events` is how many sound ones there are."""
    dice = Dice("flaws")
    honeypots = [name for name in files if name.startswith("pot-")]
    for per_myriad, flaw in _JSON_FLAWS:
        for _ in range(max(1, events * per_myriad // 10_000)):
            _mix_in(files[dice.pick(honeypots)], flaw(dice), dice)
    for name in files:
        if "-scan_telnet-" in name:
            _spoil_csv(files[name], dice)


def _mix_in(lines: list[str], line: str, dice: Dice) -> None:
    lines.insert(dice.between(1, len(lines)), line)


def _spoil_csv(lines: list[str], dice: Dice) -> None:
    header, row = lines[0], lines[1]
    _mix_in(lines, header, dice)
    _mix_in(lines, f'{row},"one","too many"', dice)
    _mix_in(lines, row.replace(f'"{RECEIVED.year}-', '"yesterday ', 1), dice)
    lines.append(row[: len(row) // 3].rpartition(",")[0] + ',"cut off')


# --- rows of a honeypot -----------------------------------------------------------------


def _row(dice: Dice, **changed: object) -> dict[str, object]:
    return {
        "report_type": _TYPE,
        "sensor": "pot-1",
        "timestamp": _text(any_moment(dice)),
        "protocol": "tcp",
        "src_ip": f"198.51.100.{dice.below(128)}",
        "src_port": dice.between(1024, 65535),
        "dst_port": 22,
        "service": "ssh",
        **changed,
    }


def _text(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _sound(dice: Dice, **changed: object) -> str:
    return json.dumps(_row(dice, **changed))


def _cut(dice: Dice) -> str:
    """The disk was full in the middle of a line."""
    line = _sound(dice)
    return line[: dice.between(20, len(line) - 2)]


def _log_noise(dice: Dice) -> str:
    return f"pot-1 kernel: eth0 link up ({dice.below(100)})"


def _no_object(dice: Dice) -> str:
    return json.dumps([_TYPE, dice.below(100)])


def _duplicate_key(dice: Dice) -> str:
    return _sound(dice)[:-1] + ', "src_ip": "192.0.2.1"}'


def _no_type(dice: Dice) -> str:
    row = _row(dice)
    del row["report_type"]
    return json.dumps(row)


def _unknown_type(dice: Dice) -> str:
    return _sound(dice, report_type="event4_honeypot_kettle")


def _private(dice: Dice) -> str:
    """A honeypot sees its own operator's machines."""
    block = dice.pick(("10.0.0", "192.168.1"))
    return _sound(dice, src_ip=f"{block}.{dice.ranked(20) + 1}")


def _allowed(dice: Dice) -> str:
    """A scanner of the observatory itself."""
    return _sound(dice, src_ip=f"203.0.113.{224 + dice.ranked(4)}", infection="ssh-survey")


def _tomorrow(dice: Dice) -> str:
    """A sensor's clock runs a few hours ahead: the row waits for its time."""
    return _sound(dice, timestamp=_text(RECEIVED + dt.timedelta(hours=dice.between(1, 5))))


def _far_ahead(dice: Dice) -> str:
    return _sound(dice, timestamp=_text(RECEIVED + dt.timedelta(days=dice.between(2, 400))))


def _long_ago(dice: Dice) -> str:
    return _sound(dice, timestamp=_text(MIDNIGHT - dt.timedelta(days=dice.between(9, 400))))


def _no_time(dice: Dice) -> str:
    return _sound(dice, timestamp=None)


def _no_address(dice: Dice) -> str:
    return _sound(dice, src_ip=dice.pick(("unknown", "192.0.2.300", "0x7f")))


def _no_such_port(dice: Dice) -> str:
    return _sound(dice, dst_port=65536 + dice.below(4000))


def _ipv6(dice: Dice) -> str:
    """The type is of IPv4 only."""
    return _sound(dice, src_ip=f"2001:db8:300::{dice.between(1, 99):x}")


_JSON_FLAWS: Final[tuple[tuple[int, Callable[[Dice], str]], ...]] = (
    (60, _private),
    (80, _allowed),
    (20, _cut),
    (8, _log_noise),
    (2, _no_object),
    (2, _duplicate_key),
    (4, _no_type),
    (3, _unknown_type),
    (6, _tomorrow),
    (5, _far_ahead),
    (5, _long_ago),
    (3, _no_time),
    (4, _no_address),
    (4, _no_such_port),
    (3, _ipv6),
)
"""Of ten thousand rows so many have the flaw, in a small world at least one."""
