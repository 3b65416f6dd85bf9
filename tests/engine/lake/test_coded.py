"""Coded columns are the same columns of text once they lie in a file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.engine.lake.coded import compacted, constant, plain, together
from tocsin.engine.lake.parquet import write_parquet

WORDS = pa.array(["b", None, "a", "b", "c", None, "b"])


def coded_table(words: pa.Array) -> pa.Table:
    cells = words.dictionary_encode()
    lists = pa.array([["x"]] * len(words), pa.list_(pa.string()))
    table = pa.table({"word": cells, "same": constant("s", len(words)), "lists": lists})
    return table.replace_schema_metadata({"tocsin.type": "a"})


def plain_table(words: pa.Array) -> pa.Table:
    coded = coded_table(words)
    said = {name: plain(coded.column(name).combine_chunks()) for name in coded.column_names}
    return pa.table(said).replace_schema_metadata(coded.schema.metadata)


def test_a_file_of_coded_columns_reads_as_one_of_texts(tmp_path: Path) -> None:
    write_parquet(coded_table(WORDS), tmp_path / "coded")
    write_parquet(plain_table(WORDS), tmp_path / "plain")
    found, expected = (pq.read_table(tmp_path / name) for name in ("coded", "plain"))
    assert found.equals(expected)
    assert found.schema.equals(expected.schema, check_metadata=True)
    schemas = [pq.read_schema(tmp_path / name) for name in ("coded", "plain")]
    assert schemas[0].equals(schemas[1], check_metadata=True)


def test_the_same_coded_table_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_parquet(coded_table(WORDS), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_what_no_row_says_is_left_out_of_a_dictionary() -> None:
    some = WORDS.dictionary_encode().filter(pa.array([False, True, True, False, True, True, False]))
    found = compacted(some)
    assert found.dictionary.to_pylist() == ["a", "c"]
    assert found.to_pylist() == some.to_pylist()


@pytest.mark.parametrize("second", [coded_table, plain_table])
def test_tables_come_together_coded_or_not(second: object) -> None:
    assert callable(second)
    others = pa.array(["z", "a", None])
    found = together([coded_table(WORDS), second(others)])
    assert found.column("word").to_pylist() == [*WORDS.to_pylist(), *others.to_pylist()]
