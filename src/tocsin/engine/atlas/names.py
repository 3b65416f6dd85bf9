"""What autonomous systems are called: a JSON object of number to name, or CSV asn,as_name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.engine.atlas.tables import Complaints, input_name, read_asn, read_bytes, tidy
from tocsin.model.errors import AtlasError


@dataclass
class Names:
    """Names by AS number; a later file overrides an earlier one."""

    by_asn: dict[int, str] = field(default_factory=dict)
    inputs: list[tuple[str, str]] = field(default_factory=list)


def read_names(paths: Sequence[Path], complaints: Complaints) -> Names:
    """Read files of names; rows that cannot be used go to `complaints`.

    Raises AtlasError for a file that is neither form, or that names nothing.
    """
    names = Names()
    for path in paths:
        data, sha256 = read_bytes(path)
        text = data.decode("utf-8-sig", errors="surrogateescape")
        rows = _json_rows(path, text) if text.lstrip().startswith("{") else _csv_rows(path, text)
        count = 0
        for line, asn, name in rows:
            count += 1
            try:
                names.by_asn[read_asn(asn, least=0)] = tidy(name)
            except ValueError as error:
                complaints.add(path, line, str(error))
        if not count:
            raise AtlasError("names no AS at all", where=str(path))
        names.inputs.append((input_name(path), sha256))
    return names


def _json_rows(path: Path, text: str) -> Iterable[tuple[int, str, str]]:
    try:
        said = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        raise AtlasError(f"is no JSON: {error}", where=str(path), line=line) from error
    if not isinstance(said, dict):
        raise AtlasError("is no JSON object of AS number to name", where=str(path))
    # A whole file of names is often a single line, so there is no line worth telling.
    return [(0, str(asn), str(name)) for asn, name in said.items()]


def _csv_rows(path: Path, text: str) -> Iterable[tuple[int, str, str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if "asn" not in header or "as_name" not in header:
            raise AtlasError(
                "is neither a JSON object nor CSV with the columns asn and as_name",
                where=str(path),
            )
        asn_at, name_at = header.index("asn"), header.index("as_name")
        return [
            (reader.line_num, cells[asn_at], cells[name_at])
            if len(cells) == len(header)
            else (reader.line_num, "a row of another width", "")
            for cells in reader
            if cells
        ]
    except csv.Error as error:
        raise AtlasError(f"is no CSV: {error}", where=str(path), line=reader.line_num) from error
