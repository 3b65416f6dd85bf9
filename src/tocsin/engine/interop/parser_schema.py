"""How IntelMQ is to read our reports: what its Shadowserver parser configures itself by.

    {"scan_ssh": {"feed_name": "scan_ssh", "file_name": "scan_ssh",
                  "required_fields": [["time.source", "timestamp", "add_UTC_to_timestamp"], ...],
                  "optional_fields": [["source.asn", "asn", "convert_int"], ["extra.", "tag"], ...],
                  "constant_fields": {"classification.taxonomy": "vulnerable", ...}}, ...}

`file_name` is what stands between the day and the list in the names of files. A field is IntelMQ's
key, our column, and a function of the parser's, if there is one; which key is whose is said in
`catalogue/interop/intelmq.yaml`. What the parser does, from what is documented of it and its
source: it ends at a required field without a column, and at a key that gets a value twice; an
optional value that is none for its key stays under the column's name in `extra`, and empty ones
are left out.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.interop_entries import BRACES, OtherVocabulary, Pick, Said
from tocsin.catalogue.interop_load import load_vocabularies
from tocsin.catalogue.publishing import described_types
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import Seen, files_seen, home_catalogue
from tocsin.engine.interop.translate import Translator
from tocsin.model.columns import ColumnKind

Item = tuple[str, ...]

_FUNCTIONS = {
    "time_offset": "add_UTC_to_timestamp",
    "address": "validate_ip",
    "network": "validate_network",
}
_EXTRA = "extra."
_REQUIRED = ("time.source", "source.ip")
_FILLED = {"malware.name": "infection"}
"""Where several columns may fill a key, the first one, but for these: the parser takes no second
one if the first is empty, and a class is told of more rows than a family."""


_making = threading.Lock()


def home_parser_schema(home: Home) -> tuple[str, bytes]:
    """The schema of a home, made again only when a file of its catalogue has changed, and what
    tells it from others."""
    with _making:
        return _made(home, files_seen(home.catalogue))


@lru_cache(maxsize=2)
def _made(home: Home, _: Seen) -> tuple[str, bytes]:
    catalogue = home_catalogue(home)
    vocabulary = load_vocabularies(catalogue, home.catalogue)["intelmq"]
    content = parser_schema(catalogue, vocabulary)
    return hashlib.sha256(content).hexdigest(), content


def parser_schema(catalogue: Catalogue, vocabulary: OtherVocabulary) -> bytes:
    """All report types that somebody has described: JSON, the same bytes every time.

    vocabulary: IntelMQ's.
    """
    types = described_types(catalogue).items()
    said = {name: _read(Translator(vocabulary, entry), entry) for name, entry in types}
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _read(translator: Translator, entry: ReportType) -> Mapping[str, object]:
    told = [*_told(translator, entry)]
    required = [each for each in told if each[0] in _REQUIRED]
    optional = [each for each in told if each[0] not in _REQUIRED]
    named = {each[1] for each in told}
    rest = [_item(_EXTRA, name, entry) for name in entry.column_names if name not in named]
    return {
        "feed_name": entry.id,
        "file_name": entry.id,
        "required_fields": required,
        "optional_fields": [*optional, *rest],
        "constant_fields": dict(_constant(translator, {each[0] for each in told})),
    }


def _told(translator: Translator, entry: ReportType) -> Iterator[Item]:
    """The fields that a column fills."""
    for field, columns in translator.fields:
        if field.pick is Pick.ALL:
            continue
        name = _FILLED.get(field.path, "")
        name = name if name in columns else columns[0]
        yield _item(field.path, name, entry, _FUNCTIONS.get(field.kind, ""))


def _item(path: str, name: str, entry: ReportType, function: str = "") -> Item:
    column = entry.column(name)
    if not function and column is not None and column.kind is ColumnKind.INTEGER:
        function = "convert_int"
    return (path, name, function) if function else (path, name)


def _constant(translator: Translator, told: set[str]) -> Iterator[tuple[str, Said]]:
    """What every row of the type says, whatever is in it. Its name is the feed's."""
    for path, said in translator.constant.items():
        texts = (said,) if isinstance(said, str) else said
        if path not in told and not any(map(BRACES.search, texts)) and path != "feed.name":
            yield path, said
