"""Sixty rules that tell the report type of every event by its cells: two or so for each type.

They cut the events into 32 parts by what hosts do and by single requests, so that each event
has one type; of each part a narrower rule takes some events first, as rules for known tools do.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.world.types import SOURCE, TYPES

Value = str | int | list[str] | list[int]


@dataclass(frozen=True)
class Asked:
    """A selection, whether it must not fit, and cells for which the rule then takes an event."""

    selection: Mapping[str, Value]
    cells: Mapping[str, str | int]
    negated: bool = False

    def not_(self, **cells: str | int) -> Asked:
        """The contrary, and cells for which it holds."""
        return Asked(self.selection, cells, negated=True)


def _asked(key: str, value: Value, **cells: str | int) -> Asked:
    return Asked({key: value}, cells)


_COMMON = _asked("infection|startswith", "bot-00", infection="bot-007")
_SHELLS = _asked("dst_port", [22, 23], dst_port=22)
_FIRST_PATHS = _asked("http_url|startswith", "/cgi-bin/000", http_url="/cgi-bin/00012/login.php")
_USUAL = _asked(
    "infection|startswith", ["bot-01", "bot-02", "bot-03", "bot-04"], infection="bot-031"
)
_TCP, _UDP = (_asked("protocol", name, protocol=name) for name in ("tcp", "udp"))
_OLD_AGENT = _asked("http_agent|contains", "; rv:1", http_agent="Mozilla/5.0 (X11; rv:17.0)")
_LOW_PORT = _asked("dst_port|lt", 123, dst_port=25)
_LESS_USUAL = _asked(
    "infection|startswith", [f"bot-0{digit}" for digit in "56789"], infection="bot-066"
)
_LOGINS = _asked("service", ["ssh", "telnet", "smtp"], service="smtp")
_WEB = _asked("service", ["dns", "http", "ntp"], service="http")
_OTHERS = _asked("service", ["https", "smb", "rdp", "sip"], service="rdp")
_GET = _asked("http_method", "GET", http_method="GET")
_FIRST_USERS = _asked("username|startswith", "user00", username="user0042")
_ONE, _TWO, _THREE = (
    _asked("infection|startswith", f"bot-{digit}", infection=f"bot-{digit}77") for digit in "123"
)
_FIFTH = _asked("http_url|endswith", "5/login.php", http_url="/cgi-bin/00305/login.php")
_FAMILIES = _asked("family|startswith", "family-00", family="family-004")
_MORE_FAMILIES = _asked("family|startswith", "family-0", family="family-044")
_HOSTS = _asked("http_host|endswith", "7.example.org", http_host="www1207.example.org")
_TAGS = tuple(_asked("tag|startswith", f"tag-{digit}", tag=f"tag-{digit}4") for digit in "0123")
_SECOND_AGENT = _asked("http_agent|contains", "Safari/2", http_agent="Mozilla/5.0 Safari/21")
_ZEROS = _asked("http_url|contains", "-bin/00", http_url="/cgi-bin/00012/login.php")
_ELSEWHERE = {"http_url": "/cgi-bin/11112/login.php"}


def _programs(first: int) -> Asked:
    names = [f"application-{number:02}" for number in range(first, first + 6)]
    return _asked("application", names, application=names[0])


PARTS: tuple[tuple[Asked, ...], ...] = (
    (_COMMON, _SHELLS.not_(dst_port=80), _FIRST_PATHS.not_(**_ELSEWHERE)),
    (_COMMON, _SHELLS.not_(dst_port=80), _FIRST_PATHS),
    (_COMMON, _SHELLS),
    (_USUAL, _TCP, _OLD_AGENT.not_(http_agent="Mozilla/5.0")),
    (_USUAL, _TCP, _OLD_AGENT),
    (_USUAL, _UDP, _LOW_PORT),
    (_USUAL, _UDP, _asked("dst_port|gte", 123, dst_port=123)),
    (_LESS_USUAL, _LOGINS),
    (_LESS_USUAL, _WEB, _GET),
    (_LESS_USUAL, _WEB, _GET.not_(http_method="PUT")),
    (_LESS_USUAL, _OTHERS, _FIRST_USERS),
    (_LESS_USUAL, _OTHERS, _FIRST_USERS.not_(username="user4711")),
    *((_ONE, _programs(first)) for first in (0, 6, 12, 18)),
    (_ONE, _programs(24), _FIFTH),
    (_ONE, _programs(24), _FIFTH.not_(http_url="/cgi-bin/00306/login.php")),
    (_TWO, _FAMILIES, _TCP),
    (_TWO, _FAMILIES, _UDP),
    (_TWO, _MORE_FAMILIES, _FAMILIES.not_(family="family-044"), _HOSTS),
    (
        *(_TWO, _MORE_FAMILIES, _FAMILIES.not_(family="family-044")),
        _HOSTS.not_(http_host="www1206.example.org"),
    ),
    (_TWO, _asked("family|startswith", "family-1", family="family-111")),
    (_THREE, _TAGS[0], _asked("dst_port|lt", 100, dst_port=80)),
    (_THREE, _TAGS[0], Asked({"dst_port|gte": 100, "dst_port|lte": 1000}, {"dst_port": 445})),
    (_THREE, _TAGS[0], _asked("dst_port|gt", 1000, dst_port=8080)),
    (_THREE, _TAGS[1], _asked("src_port|lt", 20_000, src_port=19_999)),
    (_THREE, _TAGS[1], _asked("src_port|gte", 20_000, src_port=20_000)),
    (_THREE, _TAGS[2], _SECOND_AGENT),
    (_THREE, _TAGS[2], _SECOND_AGENT.not_(http_agent="Mozilla/5.0 Safari/31")),
    (_THREE, _TAGS[3], _ZEROS),
    (_THREE, _TAGS[3], _ZEROS.not_(**_ELSEWHERE)),
)
"""What the events of each report type have in common; every event fits exactly one."""

NARROWER: tuple[Asked, ...] = (
    _asked("http_agent|endswith", "Safari/7", http_agent="Mozilla/5.0 Safari/7"),
    _asked("http_url|contains", "/00099/", http_url="/cgi-bin/00099/login.php"),
    _asked("username", ["user0001", "user0002", "root"], username="user0002"),
    _asked("http_url|startswith", ["/cgi-bin/11", "/cgi-bin/12"], http_url="/cgi-bin/12/x"),
    _asked("http_agent|contains|all", ["rv:1", "WebKit/1"], http_agent="rv:11 WebKit/11"),
    _asked("http_host|startswith", "www77", http_host="www7712.example.org"),
    _asked("sensor", ["sensor-01", "sensor-17"], sensor="sensor-17"),
    _asked("http_url|contains", "33", http_url="/cgi-bin/03312/login.php"),
    _asked("http_agent|contains", "like Gecko) Safari/9", http_agent="like Gecko) Safari/91"),
    _asked("payload_md5|startswith", "00", payload_md5="00ab"),
    _asked("http_url|endswith", "0/login.php", http_url="/cgi-bin/01230/login.php"),
    _asked("src_port|gte", 60_000, src_port=60_001),
    _asked("http_url|contains", ["/0001", "/0002"], http_url="/cgi-bin/00017/login.php"),
    _asked("http_method", ["PUT", "HEAD"], http_method="HEAD"),
)
"""What marks some events of a part; each is asked of two parts."""

MANY = 60


def rules() -> list[dict[str, object]]:
    """All rules: for each type a general one, and for most a narrower one that comes first."""
    narrow = MANY - len(PARTS)
    found = [rule_of(number, part, 500) for number, part in enumerate(PARTS)]
    for number in range(narrow):
        mark = NARROWER[number % len(NARROWER)]
        clash = {key.partition("|")[0] for each in PARTS[number] for key in each.selection}
        wanted = next(iter(mark.selection)).partition("|")[0]
        if wanted in clash:
            mark = _asked("application|endswith", "7", application="application-07")
            if "application" in clash:
                mark = _asked("payload_md5|endswith", "f", payload_md5="ff")
        found.append(rule_of(number, (*PARTS[number], mark), 50))
    return found


def rule_of(
    number: int, asked: tuple[Asked, ...], priority: int, also: str = ""
) -> dict[str, object]:
    """A rule for the report type of that number; `also` makes its id another one."""
    names = [f"selection_{place}" for place in range(len(asked))]
    words = [
        f"not {name}" if each.negated else name for name, each in zip(names, asked, strict=True)
    ]
    hit = {key: cell for each in asked for key, cell in each.cells.items()}
    detection = {name: each.selection for name, each in zip(names, asked, strict=True)}
    return {
        "title": f"Made-up rule for {TYPES[number]}, priority {priority}",
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{also or number}.{priority}.bench.example.org")),
        "logsource": {"product": "tocsin", "service": SOURCE},
        "detection": {**detection, "condition": " and ".join(words)},
        "tocsin": {
            "report_types": [TYPES[number]],
            "evidence": "content",
            "priority": priority,
            "examples": {"hits": [hit], "misses": [{"infection": "none of ours"}]},
        },
    }


def write_rules(folder: Path) -> None:
    """The files of rules of a home's catalogue."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, rule in enumerate(rules()):
        text = json.dumps(rule, indent=1)  # JSON is YAML as well
        (folder / f"bench-{number:02}.yml").write_text(text, encoding="ascii")
