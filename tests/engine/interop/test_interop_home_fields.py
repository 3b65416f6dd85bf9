"""A field that a home adds is refused at load, or it takes nothing away from any object."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.fakes.interop_rows import REPORTER, catalogue, row_of, vocabularies

from tocsin.catalogue.interop_load import VOCABULARIES, load_vocabularies
from tocsin.engine.interop.paths import Json, get
from tocsin.engine.interop.read import read_back
from tocsin.engine.interop.translate import Translator
from tocsin.model.errors import CatalogueError

COLUMN = "tag"
ROW = {
    "timestamp": "2026-11-22 03:04:05",
    "ip": "192.0.2.1",
    "port": "23",
    "protocol": "tcp",
    "tag": "telnet",
    "banner": "login:",
    "asn": "64496",
}


def _paths(name: str) -> list[str]:
    """Paths that ship, and those at which cells stand that no field tells."""
    held = vocabularies()[name]
    rules = [path for rule in held.rules for path in (*rule.says, *(f.path for f in rule.fields))]
    rest = [held.rest.replace("{column}", column) for column in ("banner", "x")]
    return [*held.always, *(f.path for f in held.fields), *rules, *rest, held.evidence, "mine"]


@st.composite
def paths(draw: st.DrawFn, name: str) -> str:
    """One that is near to another: its beginning, more than it, or a list in place of none."""
    steps = draw(st.sampled_from([path for path in _paths(name) if path])).split(".")
    steps = steps[: draw(st.integers(1, len(steps)))] + draw(
        st.lists(st.sampled_from(["x", "x[]", "banner"]), max_size=1)
    )
    if draw(st.booleans()):
        last = steps[-1]
        steps[-1] = last[:-2] if last.endswith("[]") else f"{last}[]"
    return ".".join(steps)


@pytest.mark.parametrize("name", VOCABULARIES)
@pytest.mark.parametrize("before", ["fields:\n  ", "rules:\n  - for: {}\n    fields:\n      "])
@given(data=st.data())
@settings(max_examples=cases(60), deadline=None)
def test_what_loads_takes_no_cell_and_no_id_away(
    name: str, before: str, data: st.DataObject
) -> None:
    path = data.draw(paths(name))
    entry = catalogue().report_types["scan_telnet"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "interop" / f"{name}.yaml"
        file.parent.mkdir()
        file.write_text(f"{before}{path}: {{as: text, from: [{COLUMN}]}}\n")
        try:
            held = load_vocabularies(catalogue(), Path(folder))[name]
        except CatalogueError:
            return
    row = row_of(entry, ROW)
    said: Json = Translator(held, entry, REPORTER).object_of(row)
    assert get(said, path, nested=held.nested) == ROW[COLUMN]
    back = read_back(held, catalogue(), said)
    assert back is not None
    assert (back.id, back.cells) == (row.id, row.cells)


def test_a_field_that_a_rule_that_ships_says_too_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "interop" / "xarf.yaml"
    file.parent.mkdir()
    file.write_text("fields:\n  service_port: {as: text, from: [tag]}\n")
    with pytest.raises(CatalogueError) as caught:
        load_vocabularies(catalogue(), tmp_path)
    assert "xarf.yaml:2" in caught.value.message()
    assert "rules that ship say 'service_port'" in caught.value.message()
