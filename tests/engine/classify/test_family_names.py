"""What is said for a family becomes its one name, cell by cell as a naive loop would have it."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.catalogue.families import Family
from tocsin.engine.classify.family_names import family_names, with_family_names

FAMILIES = {
    "a-bot": Family("a-bot", ("Win.A_Bot", "É bot", "x y")),
    "b": Family("b", ("b.b", "x.y")),
}
SAID = [
    None, "", "a-bot", "A bot", "a_bot", "A__bot", "win.a-bot", "WIN.A BOT", "É bot", "é bot",
    "É_BOT", "x y", "X-Y", "x.y", "b", "B", " b", "c", "b;a-bot",
]  # fmt: skip


def naive_name(cell: str | None) -> str | None:
    if cell is None:
        return None
    for family in FAMILIES.values():
        for said in (family.name, *family.aliases):
            if naive_fold(said) == naive_fold(cell):
                return family.name
    return cell


def naive_fold(text: str) -> str:
    found = ""
    for letter in text:
        if letter in " _-":
            found += "-"
        else:
            found += letter.lower() if letter.isascii() else letter
    return found


def naive_said(infection: str | None, family: str | None) -> str | None:
    said: list[str] = []
    for cell in (infection, family):
        if cell is not None and naive_name(cell) != cell and cell not in said:
            said.append(cell)
    return ";".join(said) or None


cells = st.lists(st.tuples(st.sampled_from(SAID), st.sampled_from(SAID)), max_size=30)


@settings(max_examples=cases(66), deadline=None)
@given(cells, st.booleans())
def test_vectors_and_a_naive_loop_agree(
    rows: list[tuple[str | None, str | None]], coded: bool
) -> None:
    infections, families = [row[0] for row in rows], [row[1] for row in rows]
    columns = {
        "infection": pa.array(infections, pa.string()),
        "family": pa.array(families, pa.string()),
    }
    if coded:
        columns["family"] = columns["family"].dictionary_encode()
    found = with_family_names(columns, family_names(FAMILIES))
    said = found.get("family_said", pa.nulls(len(rows))).to_pylist()
    assert found["infection"].to_pylist() == [naive_name(cell) for cell in infections]
    assert found["family"].to_pylist() == [naive_name(cell) for cell in families]
    assert said == [naive_said(*row) for row in rows]


def test_columns_that_say_nothing_new_are_left_as_they_are() -> None:
    columns = {"family": pa.array(["b", None, "c"]), "tag": pa.array(["A bot", "b", "B"])}
    assert with_family_names(columns, family_names(FAMILIES)) == columns
    assert with_family_names(columns, family_names({})) == columns


def test_what_a_source_itself_calls_family_said_stays_where_nothing_is_said_anew() -> None:
    columns = {"family": pa.array(["B", "b"]), "family_said": pa.array(["theirs", "theirs"])}
    found = with_family_names(columns, family_names(FAMILIES))
    assert found["family_said"].to_pylist() == ["B", "theirs"]
