"""The operators' pages tell what the readers do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.strategies.source_files import NDJSON, read_whole

from tocsin.engine.sources import (
    blocks,
    csv_dialect,
    csv_reading,
    json_rows,
    slice_reading,
    tocsin_ndjson,
)

PAGES = Path(__file__).parents[3] / "docs" / "operators"
CODE = {
    "tocsin-ndjson.md": (blocks, json_rows, tocsin_ndjson),
    "shadowserver-csv.md": (blocks, csv_dialect, csv_reading, slice_reading),
}
_WORDS = {
    "tocsin-ndjson.md": r'JsonFault\(\s*"([a-z_]+)"|TOO_LONG = "([a-z_]+)"',
    "shadowserver-csv.md": r'return "([a-z_]+)", f|(?:notes|dropped)\["([a-z_0-9]+)"\]'
    r'|(?:TOO_LONG|UNBALANCED) = "([a-z_]+)"|header_reason: str = "([a-z_]+)"',
}


@pytest.mark.parametrize("page", sorted(CODE))
def test_every_reason_and_note_is_described(page: str) -> None:
    said = (PAGES / page).read_text(encoding="utf-8")
    source = "\n".join(
        Path(str(module.__file__)).read_text(encoding="utf-8") for module in CODE[page]
    )
    words = {word for found in re.findall(_WORDS[page], source) for word in found if word}
    assert len(words) >= 9
    assert [word for word in sorted(words) if f"`{word}`" not in said] == []


def test_the_example_of_the_page_is_read_whole(tmp_path: Path) -> None:
    page = (PAGES / "tocsin-ndjson.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "example.ndjson"
    path.write_text(example, encoding="utf-8")
    whole = read_whole(path, NDJSON)
    assert whole.rejects == []
    assert whole.lines == [1, 2, 3, 4, 5]
    assert whole.cells[1]["tag"] == "brute-force;ssh"
    assert all(isinstance(json.loads(line), dict) for line in example.splitlines())
