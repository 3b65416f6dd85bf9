"""The limits that rules set: so many records a sensor and day, and so many witnesses a subject.

Both look at records of rules that ask for them, and at nothing where no rule of the type does. A
record without a sensor's name counts as seen by a sensor that is named as its source, one that
several have made together as seen by each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.catalogue.rules import Corroboration, Rule
from tocsin.engine.nightly.gather_sql import quoted
from tocsin.engine.nightly.lake_rows import ID, PLACE
from tocsin.engine.nightly.withheld.reasons import Reason
from tocsin.engine.nightly.withheld.several import CORRELATION, SEVERAL

_WITNESS: Final = {"sensors": "sensor", "sources": "_source"}
_DAY: Final = "(epoch_us(events.timestamp) // 86400000000)::BIGINT"
_SENSOR: Final = "coalesce(events._sensor, events._source)::VARCHAR"
_RULE: Final = "split_part(events._rule::VARCHAR, '@', 1)"
_ID: Final = ", ".join(ID)
_KEY: Final = "high, low, length, name, day"


@dataclass(frozen=True)
class Limits:
    """The rules with limits that make records of a type."""

    report_type: ReportType
    rules: Sequence[Rule]

    @classmethod
    def of(cls, rules: Iterable[Rule], report_type: ReportType) -> Limits | None:
        """None if no rule of this type has any limit."""
        limited = [
            rule
            for rule in rules
            if report_type.id in rule.report_types
            and (rule.daily_cap or rule.corroboration is not None)
        ]
        return cls(report_type, limited) if limited else None

    @property
    def columns(self) -> list[str]:
        """The columns of events that are asked for; `_id` comes as ID."""
        names = ["_id", "timestamp", "_rule", "_sensor", "_source"]
        return [*names, *(self._subject if self.corroborations else [])]

    @property
    def witness_columns(self) -> list[str]:
        """Those that tell who saw which subject on which day."""
        return ["timestamp", "_sensor", "_source", *self._subject]

    @property
    def _subject(self) -> list[str]:
        names = ["_subject_hi", "_subject_lo", "_subject_len"]
        subject = self.report_type.subject
        return [*names, *([subject.column] if subject.kind is SubjectKind.DOMAIN else [])]

    @property
    def capped(self) -> bool:
        """Whether any rule has a cap."""
        return any(rule.daily_cap for rule in self.rules)

    @property
    def corroborations(self) -> Mapping[Corroboration, int]:
        """What rules ask of witnesses, by number."""
        wanted = [each for rule in self.rules if (each := rule.corroboration) is not None]
        return {each: number for number, each in enumerate(dict.fromkeys(wanted))}

    def table(self) -> pa.Table:
        """The rules with their limits: a cap of 0 is none, a null `spec` asks for no witness."""
        numbers = self.corroborations
        specs = [numbers[each] if (each := rule.corroboration) else None for rule in self.rules]
        return pa.table(
            {
                "rule": pa.array([rule.id for rule in self.rules], pa.string()),
                "cap": pa.array([rule.daily_cap for rule in self.rules], pa.int64()),
                "spec": pa.array(specs, pa.int64()),
            }
        )

    # --- statements; `events` stands by, as do `limited` and `skipped` --------------------

    @property
    def asking(self) -> str:
        """Events of such rules that nothing else keeps back."""
        keys = self._keys if self.corroborations else self._no_keys
        return f"""
            CREATE TEMP TABLE asking AS
            SELECT events.{PLACE}, {_ID}, rule, cap, spec, {_SENSOR} AS sensor, timestamp, {keys}
            FROM events JOIN limited ON {_RULE} = limited.rule
            ANTI JOIN skipped ON skipped.{PLACE} = events.{PLACE}
        """

    @property
    def _keys(self) -> str:
        subject = self.report_type.subject
        of_name = subject.kind is SubjectKind.DOMAIN
        name = f"events.{quoted(subject.column)}" if of_name else "''"
        return f"""
            coalesce(events._subject_hi, 0) AS high, coalesce(events._subject_lo, 0) AS low,
            coalesce(events._subject_len, 128) AS length, coalesce({name}, '')::VARCHAR AS name,
            {_DAY} AS day
        """

    @property
    def _no_keys(self) -> str:
        return f"0 AS high, 0 AS low, 0 AS length, '' AS name, {_DAY} AS day"

    @property
    def witnesses(self) -> str:
        """Who saw the subjects that are asked for, but for events in `discredited`."""
        return f"""
            INSERT INTO witnesses
            SELECT DISTINCT * FROM (
                SELECT {self._keys}, unnest(string_split({_SENSOR}, {SEVERAL!r})) AS sensor,
                    events._source::VARCHAR AS _source
                FROM events ANTI JOIN discredited ON discredited.{PLACE} = events.{PLACE}
            ) SEMI JOIN (SELECT {_KEY} FROM asking WHERE spec IS NOT NULL) USING ({_KEY})
        """

    def too_few(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Leave out what has fewer witnesses than its rule asks for."""
        for asked, number in self.corroborations.items():
            by = _WITNESS[asked.of]
            among = f"AND {by} IN (SELECT unnest(?::VARCHAR[]))" if asked.among else ""
            given = [[*asked.among]] if asked.among else []
            connection.execute(
                f"""
                INSERT INTO skipped
                SELECT {PLACE}, {Reason.UNCORROBORATED.value} FROM asking
                ANTI JOIN skipped USING ({PLACE})
                ANTI JOIN (
                    SELECT {_KEY} FROM witnesses WHERE {by} <> '{CORRELATION}' {among}
                    GROUP BY {_KEY} HAVING count(DISTINCT {by}) >= {asked.least}
                ) AS enough USING ({_KEY})
                WHERE spec = {number}
                """,
                given,
            )


WITNESSES: Final = """
    CREATE TEMP TABLE witnesses (
        high UBIGINT, low UBIGINT, length BIGINT, name VARCHAR, day BIGINT,
        sensor VARCHAR, _source VARCHAR
    )
"""

BEFORE: Final = f"""
    CREATE TEMP TABLE before AS
    SELECT rule, sensor, day, count(*) AS events FROM (
        SELECT DISTINCT {_ID}, rule, {_SENSOR} AS sensor, {_DAY} AS day
        FROM events JOIN limited ON {_RULE} = limited.rule AND limited.cap > 0
        ANTI JOIN carried USING ({_ID})
    ) GROUP BY ALL
"""
"""What earlier runs were given; `events` are their files', without what they held back."""

NONE_BEFORE: Final = """
    CREATE TEMP TABLE before (rule VARCHAR, sensor VARCHAR, day BIGINT, events BIGINT)
"""

OVER_CAP: Final = f"""
    INSERT INTO skipped
    SELECT {PLACE}, {Reason.OVER_CAP.value} FROM (
        SELECT {PLACE}, cap, coalesce(before.events, 0) + row_number() OVER (
            PARTITION BY asking.rule, asking.sensor, asking.day ORDER BY timestamp, {_ID}
        ) AS number
        FROM asking LEFT JOIN before USING (rule, sensor, day)
        WHERE cap > 0
    ) WHERE number > cap
"""
