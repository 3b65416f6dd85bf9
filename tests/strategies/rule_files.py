"""Rules and events made up by Hypothesis, close enough to each other to meet often."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import strategies as st

from tocsin.catalogue.yaml_lines import Plain

COLUMNS = ("service", "username", "http_url", "dst_port", "tag")
PIECES = (
    "a",
    "B",
    "ab",
    "É",
    "é",
    "%",
    "_",
    "'",
    "\\",
    "\\*",
    "\\?",
    "*",
    "?",
    "7",
    "22",
    "22.0",
    "-3",
    "x y",
    "1a",
    "\n",
)

ADDRESSES = (
    "192.0.2.7",
    "192.0.2.128",
    "192.0.3.1",
    "::ffff:192.0.2.7",
    "2001:db8::1",
    "2001:DB8:0:0::2",
    "2001:db9::1",
    "192.0.2.7/32",
    " 192.0.2.9 ",
)
NETWORKS = (
    "192.0.2.0/24",
    "192.0.2.0/25",
    "192.0.2.7",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:db8::1/128",
    "::ffff:192.0.2.0/120",
    "::/0",
)
EXPRESSIONS = (
    "a",
    "^a",
    "b$",
    "^a.b$",
    "^(a|ab)+$",
    "[a-c]{2}",
    "2+",
    "^[0-9]+$",
    "x y|\\*",
    "\\\\",
    "^$",
)
"""Such in which RE2 and Python mean the same."""

cells = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
_hosts = st.sampled_from(ADDRESSES)
events = st.dictionaries(
    st.sampled_from(COLUMNS), st.one_of(cells, cells, _hosts), max_size=len(COLUMNS)
)
_texts = st.one_of(cells, st.sampled_from(["*", "a*", "*b", "*a*", "a?b", "?", "a*b*", "2?"]))
_numbers = st.integers(-5, 30)
_plain = st.one_of(_texts, _numbers, st.none(), st.booleans())

FORMS = ("", "contains", "startswith", "endswith", "lt", "gte", "exists", "re", "re|i", "cidr")
_LISTS = {"re": EXPRESSIONS, "re|i": EXPRESSIONS, "cidr": NETWORKS}


@st.composite
def _fields(draw: st.DrawFn) -> tuple[str, Plain]:
    column = draw(st.sampled_from(COLUMNS))
    form = draw(st.sampled_from(FORMS))
    if form in _LISTS:
        chosen = draw(st.lists(st.sampled_from(_LISTS[form]), min_size=1, max_size=2))
        return f"{column}|{form}", [*chosen]
    if form == "exists":
        return f"{column}|exists", draw(st.booleans())
    if form in ("lt", "gte"):
        return f"{column}|{form}", draw(_numbers)
    cased = draw(st.sampled_from(["", "|cased"])) if form or draw(st.booleans()) else ""
    values = cells if form or cased else _plain
    many = draw(st.lists(values, min_size=1, max_size=3))
    every = "|all" if form and len(many) > 1 and draw(st.booleans()) else ""
    key = column + (f"|{form}" if form else "") + cased + every
    listed: list[Plain] = [*many]
    return key, many[0] if len(many) == 1 else listed


_maps: st.SearchStrategy[Plain] = st.lists(_fields(), min_size=1, max_size=3).map(dict)
_selections: st.SearchStrategy[Plain] = st.one_of(_maps, st.lists(_maps, min_size=1, max_size=2))
_conditions = st.sampled_from(
    [
        "one",
        "not one",
        "one and two",
        "one or not two",
        "not (one and two)",
        "not one and (two or three)",
        "1 of them",
        "all of t*",
        "one and not 1 of t*",
    ]
)


@st.composite
def detections(draw: st.DrawFn) -> dict[str, Plain]:
    """A detection of three selections, and a condition over some of them."""
    names = ("one", "two", "three")
    found: dict[str, Plain] = {"condition": draw(_conditions)}
    for name in names:
        found[name] = draw(_selections)
    return found


def rule_text(
    number: int,
    detection: dict[str, Plain],
    *,
    report_types: tuple[str, ...] = ("event4_sinkhole",),
    service: str = "tocsin-ndjson",
    **emits: Plain,
) -> str:
    """The file of a rule, as JSON, which is YAML too."""
    return json.dumps(
        {
            "title": f"Rule {number}",
            "id": f"00000000-0000-4000-8000-{number:012}",
            "logsource": {"product": "tocsin", "service": service},
            "detection": detection,
            "tocsin": {
                "report_types": report_types,
                "evidence": "content",
                "examples": {"hits": [{"tag": "any"}], "misses": [{"tag": "any"}]},
                **emits,
            },
        }
    )


def write_rule(folder: Path, number: int, text: str) -> None:
    """Put a rule among those of a home's catalogue."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "rules" / f"rule-{number}.yml").write_text(text, encoding="utf-8")
