"""What is withheld, against a loop over rows that knows nothing of batches, SQL or bit masks."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly import test_gather as worlds

from tocsin.catalogue.rules import Corroboration, Evidence, Rule
from tocsin.catalogue.yaml_lines import Document
from tocsin.engine.judgements.values import Judgement, Kind, What
from tocsin.engine.lake.parquet import read_parquet, write_parquet
from tocsin.engine.lake.schema import record_schema
from tocsin.engine.nightly.gather import GatherInput, Grouped, gather, group
from tocsin.engine.nightly.lake_rows import LakeRows
from tocsin.engine.nightly.withheld.held_rows import HeldRows
from tocsin.engine.nightly.withheld.limits import Limits
from tocsin.engine.nightly.withheld.verdicts import Judge
from tocsin.engine.nightly.withheld.withholding import Withholding
from tocsin.model.address import Network, parse_network

DAY = worlds.DAY
Row = dict[str, Any]


# --- worlds -------------------------------------------------------------------------------


def _rule(number: int, cap: int, corroboration: Corroboration | None) -> Rule:
    return Rule(
        id=f"r{number}", title="", service="s", report_types=("test_type",), observation="",
        evidence=Evidence.CONTENT, priority=100, says={}, columns={}, masks=(), removes=(),
        daily_cap=cap, corroboration=corroboration, detection={}, hits=(), misses=(),
        document=Document("", {}, {}),
    )  # fmt: skip


def _judgement(
    kind: Kind, what: What, value: str, start: dt.datetime | None, end: dt.datetime
) -> Judgement:
    return Judgement("x1", kind, what, value, "o", "r", DAY, end, start)


_MOMENTS = st.integers(0, 48).map(lambda hours: DAY + dt.timedelta(hours=hours))
_PREFIXES = st.sampled_from(
    ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.0/29", "192.0.2.4/32", "2001:db8::/32"]
)
_SPANS = st.lists(_MOMENTS, min_size=2, max_size=2, unique=True).map(sorted)
_JUDGEMENTS = st.lists(
    st.one_of(
        st.builds(
            lambda name, span: _judgement(Kind.DISTRUST, What.SENSOR, name, *span),
            st.sampled_from(["a", "b"]),
            _SPANS,
        ),
        st.builds(
            lambda name, span: _judgement(Kind.DISTRUST, What.SOURCE, name, *span),
            st.sampled_from(["s", "t"]),
            _SPANS,
        ),
        st.builds(
            lambda value, end: _judgement(Kind.WITHDRAWAL, What.ADDRESS, value, None, end),
            _PREFIXES,
            _MOMENTS,
        ),
        st.builds(
            lambda number, end: _judgement(
                Kind.WITHDRAWAL, What.EVENT, f"{number:032x}", None, end
            ),
            st.integers(0, 30),
            _MOMENTS,
        ),
        st.builds(
            lambda rule, end: _judgement(Kind.WITHDRAWAL, What.RULE, rule, None, end),
            st.sampled_from(["r1", "r9"]),
            _MOMENTS,
        ),
        st.builds(lambda value: _judgement(Kind.HOLD, What.ADDRESS, value, None, DAY), _PREFIXES),
        st.builds(
            lambda value: _judgement(Kind.HOLD, What.INFECTION, value, None, DAY),
            st.sampled_from(["a", "z"]),
        ),
    ),
    max_size=3,
)
_WITNESSES = st.one_of(
    st.none(),
    st.builds(
        Corroboration,
        st.integers(2, 3),
        st.sampled_from(["sensors", "sources"]),
        st.sampled_from([(), ("a", "b", "s")]),
    ),
)
_RULES = st.tuples(
    *(st.builds(_rule, st.just(number), st.integers(0, 2), _WITNESSES) for number in range(3))
)


def _event(number: int, seconds: int, host: int, **cells: Any) -> Row:
    row = worlds._row(number, seconds, host, **cells)
    if host == 8:  # a record about a whole prefix
        network = parse_network("192.0.2.0/28")
        row |= {"src_ip": str(network), "_subject_lo": network.first & (2**64 - 1)}
        row["_subject_len"] = network.length
    return row


_EVENTS = st.lists(
    st.builds(
        _event,
        st.integers(0, 30),
        st.integers(0, 2 * 86_400 - 1),
        st.sampled_from([1, 2, 4, 8]),
        _sensor=st.sampled_from([None, "a", "b", "c"]),
        _source=st.sampled_from(["s", "t"]),
        _rule=st.sampled_from(["r0@1", "r0@2", "r1@1", "r2@1", "declared:x"]),
        infection=st.sampled_from([None, "a", "A", "b"]),
    ),
    max_size=30,
)


# --- the oracle ---------------------------------------------------------------------------


def _rule_of(row: Row) -> str:
    return str(row["_rule"]).split("@")[0]


def _sensor(row: Row) -> str:
    return str(row["_sensor"] or row["_source"])


def _subject(row: Row) -> Network:
    return Network(row["_subject_hi"] << 64 | row["_subject_lo"], row["_subject_len"])


def _means(each: Judgement, row: Row) -> bool:
    early = each.start is not None and row["timestamp"] < each.start
    if each.kind is not Kind.HOLD and (early or row["timestamp"] >= each.end):
        return False
    if each.what is What.ADDRESS:
        wider = each.kind is Kind.HOLD and _subject(row).covers(each.network)
        return wider or each.network.covers(_subject(row))
    said = {
        What.SENSOR: row["_sensor"],
        What.SOURCE: row["_source"],
        What.RULE: _rule_of(row),
        What.EVENT: row["_id"].hex(),
        What.INFECTION: (row.get("infection") or "").lower(),
    }
    return bool(said[each.what] == each.value)


def _any(judgements: Sequence[Judgement], row: Row, *kinds: Kind) -> bool:
    return any(each.kind in kinds and _means(each, row) for each in judgements)


def _judged(judgements: Sequence[Judgement], row: Row) -> str:
    for kind, reason in (
        (Kind.HOLD, "on_hold"), (Kind.DISTRUST, "distrusted"), (Kind.WITHDRAWAL, "withdrawn")
    ):  # fmt: skip
        if _any(judgements, row, kind):
            return reason
    return ""


def _fates(
    events: list[Row],
    carried: list[Row],
    seen: list[Row],
    judgements: Sequence[Judgement],
    rules: Sequence[Rule],
) -> Iterator[tuple[Row, str]]:
    by_id = {rule.id: rule for rule in rules}
    carried_ids = {row["_id"] for row in carried}
    seen_ids = {row["_id"]: row for row in seen}
    once: dict[bytes, Row] = {}
    for row in [*events, *carried]:
        if row["_id"] in once:
            yield row, "repeated"
        once.setdefault(row["_id"], row)
    let_through: dict[tuple[object, ...], int] = defaultdict(int)
    for identity, row in seen_ids.items():
        if identity not in carried_ids:
            let_through[_rule_of(row), _sensor(row), row["timestamp"].date()] += 1
    for row in sorted(once.values(), key=lambda row: (row["timestamp"], row["_id"])):
        rule = by_id.get(_rule_of(row))
        key = (_rule_of(row), _sensor(row), row["timestamp"].date())
        if row["_id"] in seen_ids and row["_id"] not in carried_ids:
            yield row, "sent_before"
        elif reason := _judged(judgements, row):
            yield row, reason
        elif rule and rule.daily_cap and let_through[key] >= rule.daily_cap:
            yield row, "over_cap"
        else:
            let_through[key] += 1
            everything = [*events, *carried, *seen]
            yield row, _corroborated(row, everything, judgements, rule)


def _corroborated(
    row: Row, everything: list[Row], judgements: Sequence[Judgement], rule: Rule | None
) -> str:
    if rule is None or rule.corroboration is None:
        return ""
    asked = rule.corroboration
    names = {
        _sensor(other) if asked.of == "sensors" else other["_source"]
        for other in everything
        if _subject(other) == _subject(row)
        and other["timestamp"].date() == row["timestamp"].date()
        and not _any(judgements, other, Kind.DISTRUST, Kind.WITHDRAWAL)
    }
    counted = names & set(asked.among) if asked.among else names
    return "" if len(counted) >= asked.least else "uncorroborated"


# --- against it ---------------------------------------------------------------------------


def _store(path: Path, rows: list[Row]) -> Path:
    schema = record_schema(worlds._type(), worlds.CATALOGUE)
    write_parquet(pa.Table.from_pylist(rows, schema=schema), path)
    return path


@settings(
    deadline=None,
    max_examples=cases(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_EVENTS, _EVENTS, _EVENTS, _JUDGEMENTS, _RULES)
def test_every_event_has_the_fate_that_a_naive_reading_gives_it(
    tmp_path: Path,
    events: list[Row],
    carried: list[Row],
    seen: list[Row],
    judgements: list[Judgement],
    rules: tuple[Rule, ...],
) -> None:
    by_id: dict[bytes, Row] = {}
    # One id is one raw row, whatever files it stands in.
    events, carried, seen = (
        [{**by_id.setdefault(row["_id"], row), "_line": line} for line, row in enumerate(rows)]
        for rows in (events, carried, seen)
    )
    kind = worlds._type()
    paths = [
        _store(tmp_path / "a.parquet", events[::2]),
        _store(tmp_path / "b.parquet", events[1::2]),
        _store(tmp_path / "c.parquet", carried),
    ]
    withholding = Withholding(
        judge=Judge(judgements) if judgements else None,
        limits=Limits.of(rules, kind),
        held=HeldRows(
            LakeRows(kind, paths), record_schema(kind, worlds.CATALOGUE), tmp_path / "held"
        ),
    )
    given_ = GatherInput(
        kind,
        paths,
        [_store(tmp_path / "seen.parquet", seen)] if seen else [],
        worlds._at_noon,
        [worlds.SHARED],
        "256MB",
        tmp_path / "scratch",
        withholding=withholding,
        carried=[paths[2]] if carried else [],
    )
    grouped = group(given_, tmp_path / "groups.parquet")
    gather(given_, tmp_path / "out.parquet")
    fates = list(_fates(events, carried, seen, judgements, rules))
    _compare(grouped, fates)
    kept = [row for row, fate in fates if not fate]
    told = read_parquet(tmp_path / "out.parquet").to_pylist()
    assert worlds._told(told) == worlds._expected(kept, set())


def _compare(grouped: Grouped, fates: list[tuple[Row, str]]) -> None:
    account = grouped.account
    said = account.to_json()
    counts = {name: said[name] for name in said if name not in ("events", "merged", "rows")}
    assert counts == {name: sum(fate == name for _, fate in fates) for name in counts}
    assert account.adds_up
    held = [row for file in grouped.held for row in read_parquet(file.path).to_pylist()]
    on_hold = [row for row, fate in fates if fate == "on_hold"]
    assert sorted(row["_id"] for row in held) == sorted(row["_id"] for row in on_hold)
    for file in grouped.held:
        days = {row["timestamp"].date() for row in read_parquet(file.path).to_pylist()}
        assert days == {file.day}


# --- what it costs ------------------------------------------------------------------------


class _Listening(LakeRows):
    """Notes which columns are read."""

    heard: ClassVar[set[str]] = set()

    def pieces(self, number: int, names: Collection[str]) -> Iterator[tuple[int, pa.Table]]:
        self.heard.update(names)
        return super().pieces(number, names)


@pytest.mark.parametrize("with_rule", [False, True])
def test_a_unit_that_has_nothing_to_ask_reads_no_column_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_rule: bool
) -> None:
    kind = worlds._type()
    rows = [
        _event(n << 64, n, 1, _sensor="a", _source="s", _rule="r0@1", _line=n) for n in range(5)
    ]
    path = _store(tmp_path / "a.parquet", rows)
    rules = [_rule(0, 2 if with_rule else 0, None)]
    given_ = GatherInput(
        kind,
        [path],
        [],
        None,
        [],
        "256MB",
        tmp_path / "scratch",
        withholding=Withholding(limits=Limits.of(rules, kind)),
    )
    monkeypatch.setattr(GatherInput, "lake", _Listening(kind, [path]))
    _Listening.heard.clear()
    group(given_, tmp_path / "groups.parquet")
    before = {
        "_id", "_terms", "timestamp", "_subject_hi", "_subject_lo", "_subject_len", "infection",
        "_origins", "_countries", "_domains", "count",
    }  # fmt: skip
    assert _Listening.heard == (before | {"_rule", "_sensor", "_source"} if with_rule else before)
