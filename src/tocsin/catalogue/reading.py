"""How the rows of a file become events: what a source says in `reading`, for formats of others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tocsin.catalogue.nearest import nearest
from tocsin.catalogue.raw import RawColumnFrom, RawReading, RawStep
from tocsin.catalogue.yaml_lines import Path

REWRITTEN: Final = ("access-log", "json-array", "nmap", "zeek", "mail", "arf", "dmarc")
"""The formats that are turned into JSON objects first (`engine/sources/rewriting.py`)."""

READ_BY_DECLARATION: Final = ("csv", "ndjson", *REWRITTEN)
"""The formats whose sources say how they are read."""

DELIMITERS: Final = {"comma": ",", "semicolon": ";", "bar": "|", "tab": "\t", "blanks": " "}
"""Word -> what stands between cells; of `blanks` any number, tabs among them."""

_CELL: Final = "cell"
_NOT_RE2: Final = re.compile(r"\(\?(?:[=!(>]|<[=!]|P=)|\\[1-9Z]|[*+?}]\+|\{\d{4,}|,\d{4,}\}")
_SURELY_RE2: Final = re.compile(
    r"(?:[^\\({]|\\[dDwWsSbBA]|\\[^\w\s]|\((?!\?)|\(\?(?::|P<|i\)|i:)|\{\d{0,2}(?=[,}]))*"
)
"""What needs no asking: loading RE2 takes longer than reading the catalogue."""
_COLUMN: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")

Told = tuple[Path, str, str]
"""Where in the file, what, what to do."""


class Form(Enum):
    """What is made of a cell; `engine/sources/cell_forms.py` says how."""

    ADDRESS = "address"
    HOST = "host"
    PORT = "port"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    NANOSECONDS = "nanoseconds"
    FROM_HEXADECIMAL = "from_hexadecimal"
    TCP_FLAGS = "tcp_flags"
    TCP_FLAGS_IN_HEX = "tcp_flags_in_hex"
    DATE = "date"
    LOWER = "lower"
    FINGERPRINT = "fingerprint"
    IN_HEXADECIMAL = "in_hexadecimal"


@dataclass(frozen=True, slots=True)
class ColumnFrom:
    """Where the cells of one column come from.

    names: columns of the file, or paths into its JSON. joined: what stands between the cells of
    several names; None: the first that says something counts. match: a regular expression whose
    group `cell` is taken. words: whole cell -> what stands for it. value: the same in every
    row. file_day: the day of the file. event_number: the number of the event within its row, from
    0. event_list: the name of the column among whose items the event was.
    """

    column: str
    names: tuple[str, ...] = ()
    joined: str | None = None
    match: str = ""
    form: Form | None = None
    words: tuple[tuple[str, str], ...] = ()
    value: str = ""
    file_day: bool = False
    event_number: bool = False
    event_list: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether cells are taken as they are."""
        return not (self.match or self.form or self.words)


@dataclass(frozen=True, slots=True)
class Step:
    """One way in which a row is taken apart into several events, one an item.

    names: columns whose items are taken one after the other; the item takes the place of the
    first. by: what parts the items of a text; "" where they are a JSON list. networks: the items
    are the prefixes of a range or a wildcard. along: other columns, taken apart likewise, whose
    items go with those of the first by position: (name, what parts them). values: the items are the
    values of an object, whatever their keys.
    """

    names: tuple[str, ...]
    by: str = ""
    networks: bool = False
    values: bool = False
    along: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read.

    delimiter: a key of DELIMITERS. comment: how lines begin that are no rows; "" for none.
    header: names of the cells where the file has no header line. report_types: what every event
    is; none: the rules of the source decide. others_left: what is not named stays in the file, and
    so does a row that is rejected: for files with what nobody may have. places:
    names, and the paths of which the first that leads to something is meant.
    """

    columns: tuple[ColumnFrom, ...]
    steps: tuple[Step, ...] = ()
    report_types: tuple[str, ...] = ()
    delimiter: str = "comma"
    comment: str = ""
    header: tuple[str, ...] = ()
    others_left: bool = False
    places: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def by_file_day(self) -> bool:
        """Whether rows take their time from the file: a list that says what is so on a day."""
        return any(column.file_day for column in self.columns)

    @property
    def named(self) -> frozenset[str]:
        """All names of the file's that columns are made of."""
        return frozenset(name for column in self.columns for name in column.names)

    @property
    def is_nested(self) -> bool:
        """Whether what cells hold is looked into."""
        return bool(self.steps or self.places or any("." in name for name in self.named))

    @property
    def taken(self) -> frozenset[str]:
        """Those that are taken as they are; what more is made of others stands beside them."""
        return frozenset(n for column in self.columns if column.is_plain for n in column.names)


def reading_mistakes(raw: RawReading, report_types: Collection[str] | None) -> Iterator[Told]:
    """What is wrong with what a source says; `report_types` None if they are not known."""
    for number, name in enumerate(raw.get("report_types", ())):
        if report_types is not None and name not in report_types:
            todo = nearest(name, report_types)
            yield ("reading", "report_types", number), f"there is no report type {name!r}", todo
    if raw.get("delimiter", "comma") not in DELIMITERS:
        todo = f"there are {', '.join(DELIMITERS)}"
        yield ("reading", "delimiter"), f"{raw['delimiter']!r} parts no cells", todo
    if set(raw["columns"]) <= {"sensor"}:
        yield ("reading", "columns"), "a sensor alone is no event", "name timestamp and src_ip too"
    for name in raw.get("places", {}):
        if not _COLUMN.fullmatch(name):
            what = f"{name!r} is no name for a place"
            yield ("reading", "places", name), what, "small letters, digits and _"
    for column, said in raw["columns"].items():
        place: Path = ("reading", "columns", column)
        if not _COLUMN.fullmatch(column):
            yield place, f"{column!r} is no name for a column", "small letters, digits and _"
        if isinstance(said, dict):
            yield from ((place, what, todo) for what, todo in _column_mistakes(said))
    for number, step in enumerate(raw.get("each", ())):
        if step.get("by") and step.get("as"):
            yield ("reading", "each", number), "both by and as are said", "leave one out"


def _column_mistakes(said: RawColumnFrom) -> Iterator[tuple[str, str]]:
    if sum(key in said for key in ("of", "value", "file", "event")) != 1:
        yield "one of of, value, file and event has to be said", "say where the cells come from"
    if "with" in said and not isinstance(said.get("of"), list):
        yield "only several columns are joined with something", "say of: [NAME, NAME]"
    pattern = said.get("match")
    if pattern is None:
        return
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        yield f"{pattern!r} is no regular expression: {error}", "mend it"
        return
    if _NOT_RE2.search(pattern):
        yield f"{pattern!r} is more than RE2 knows", "say it without looking around or back"
    elif fault := _fault(pattern):
        yield f"{pattern!r} is no regular expression of RE2's: {fault}", "say it in another way"
    if list(groups) != [_CELL]:
        yield "the expression has no group for the cell", "write (?P<cell>...) around it"


def _fault(pattern: str) -> str:
    """What RE2 has against an expression that Python takes, empty for nothing."""
    if _SURELY_RE2.fullmatch(pattern):
        return ""
    # Arrow takes longer to load than all else, and hardly any expression needs it.
    import pyarrow as pa  # noqa: PLC0415 - slow, see above
    import pyarrow.compute as pc  # noqa: PLC0415 - slow, see above

    try:
        pc.extract_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        return str(error).removeprefix("Invalid regular expression: ")[:200]
    return ""


def build_reading(raw: RawReading) -> Reading:
    """The reading that a source says; it has no mistakes."""
    return Reading(
        columns=tuple(_column(name, said) for name, said in raw["columns"].items()),
        steps=tuple(_step(step) for step in raw.get("each", ())),
        report_types=tuple(raw.get("report_types", ())),
        delimiter=raw.get("delimiter", "comma"),
        comment=raw.get("comment", ""),
        header=tuple(raw.get("header", ())),
        others_left=raw.get("others") == "leave",
        places=tuple((name, _names(said)) for name, said in raw.get("places", {}).items()),
    )


def _column(name: str, said: str | RawColumnFrom) -> ColumnFrom:
    if isinstance(said, str):
        return ColumnFrom(name, (said,))
    words: Mapping[str, str] = said.get("words", {})
    form = said.get("as")
    return ColumnFrom(
        column=name,
        names=_names(said.get("of", ())),
        joined=said.get("with"),
        match=said.get("match", ""),
        form=Form(form) if form else None,
        words=tuple(sorted(words.items())),
        value=said.get("value", ""),
        file_day="file" in said,
        event_number=said.get("event") == "number",
        event_list=said.get("event") == "list",
    )


def _step(said: RawStep) -> Step:
    return Step(
        names=_names(said["of"]),
        by=said.get("by", ""),
        networks=said.get("as") == "networks",
        values=said.get("as") == "values",
        along=tuple(said.get("along", {}).items()),
    )


def _names(said: str | Collection[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)
