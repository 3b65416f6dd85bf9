"""Observations as a correlation reads them: the relation `observed` (see CorrelationSql)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from tocsin.catalogue.correlations import Correlation
from tocsin.engine.classify.correlation_sql import WITNESSES, quoted
from tocsin.engine.lake.parquet import ROW_GROUP
from tocsin.engine.nightly.gather_parts import PART, part_reader, write_parts

Distrusted = tuple[str, int, int]
"""A sensor or source that is not believed, and its span in microseconds, [from, to)."""

WithdrawnRule = tuple[str, int]
"""A rule whose verdicts are withdrawn, and the moment, in microseconds, before which they are."""


@dataclass(frozen=True)
class Unbelieved:
    """What is left out of observations, since people say that it is wrong."""

    sensors: Sequence[Distrusted] = ()
    sources: Sequence[Distrusted] = ()
    rules: Sequence[WithdrawnRule] = ()


@dataclass(frozen=True)
class Observed:
    """Files of observations. `reach`: the times that count, in microseconds, [from, to)."""

    correlation: Correlation
    files: Sequence[Path]
    reach: tuple[int, int]
    unbelieved: Unbelieved = field(default_factory=Unbelieved)

    def parts(
        self, connection: duckdb.DuckDBPyConnection, count: int, scratch: Path
    ) -> Iterator[None]:
        """Let `observed` be the observations, part by part; a group is in one part whole.

        With one part it is a view of the files; with several these are put aside first.
        """
        if count <= 1:
            connection.execute(f"CREATE OR REPLACE VIEW observed AS {self._rows}")
            yield
            return
        scratch.mkdir(parents=True, exist_ok=True)
        keys = ", ".join(quoted(name) for name in self.correlation.group_by)
        parted = f"SELECT *, (hash({keys}) % {count})::UINTEGER AS {PART} FROM ({self._rows})"
        rows = connection.sql(parted).to_arrow_reader(ROW_GROUP)
        for path in write_parts(rows, count, scratch):
            with part_reader(path) as part:
                connection.register("part", part)
                connection.execute("CREATE OR REPLACE TEMP TABLE observed AS FROM part")
                connection.unregister("part")
            path.unlink()
            yield

    @property
    def _rows(self) -> str:
        """The observations that its rules kept, within reach."""
        listed = ", ".join(_text(str(path)) for path in self.files)
        first, last = self.reach
        number = " ".join(
            f"WHEN starts_with(_rule, {_text(rule + '@')}) THEN {place}"
            for place, rule in enumerate(self.correlation.rules)
        )
        columns = ", ".join(
            [
                *(self._column(name) for name in self.correlation.asked),
                *WITNESSES,
                "_id",
                "_received",
            ]
        )
        return f"""
            SELECT * FROM (
                SELECT {columns}, epoch_us("timestamp") AS _t, (CASE {number} END)::TINYINT AS _by
                FROM read_parquet([{listed}], union_by_name = true)
            ) WHERE _by IS NOT NULL AND _t >= {first} AND _t < {last} {self._believed}
        """

    @property
    def _believed(self) -> str:
        wrong = [
            *(
                f"{column} = {_text(name)} AND _t >= {begin} AND _t < {end}"
                for column, said in (
                    ("_sensor", self.unbelieved.sensors),
                    ("_source", self.unbelieved.sources),
                )
                for name, begin, end in said
            ),
            *(
                f"_by = {self.correlation.rules.index(rule)} AND _t < {end}"
                for rule, end in self.unbelieved.rules
                if rule in self.correlation.rules
            ),
        ]
        return " ".join(f"AND NOT coalesce({each}, false)" for each in wrong)

    def _column(self, name: str) -> str:
        """A column, or nothing where no file has it yet: kinds may have been given more."""
        present = any(name in pq.read_schema(path).names for path in self.files)
        return quoted(name) if present else f"NULL::BIGINT AS {quoted(name)}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
