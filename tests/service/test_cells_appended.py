"""The label of a prefix against a plain look at all of them, and cells behind any lines."""

from __future__ import annotations

import csv
import io
import ipaddress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.catalogue.load import load_catalogue
from tocsin.model.address import ALL_ONES, Network, parse_network
from tocsin.service.delivery.appended import Appended, Disagree, appended_to
from tocsin.service.delivery.extra import Extra, OwnLabels
from tocsin.service.findings.labels import Labels
from tocsin.service.subscribers.models import Organisation
from tocsin.service.subscribers.models.mailing_list import ExtraColumn

PLACES = tuple(
    int(ipaddress.ip_address(each))
    if ":" in each
    else (0xFFFF << 32) + int(ipaddress.ip_address(each))
    for each in (
        "192.0.2.0",
        "198.51.100.0",
        "0.0.0.0",
        "2001:db8::",
        "2001:db8:0:1::",
        "::",
        "8000::",
    )
)
ADDRESSES = st.builds(
    lambda place, more: place + more, st.sampled_from(PLACES), st.integers(0, 300)
)


@st.composite
def prefixes(draw: st.DrawFn) -> Network:
    first = draw(ADDRESSES)
    length = draw(st.integers(0, 128) | st.integers(118, 128))
    return Network(first & ~(ALL_ONES >> length) if length else 0, length)


def _labels(named: dict[Network, str]) -> Labels:
    found: dict[int, dict[int, str]] = {}
    for network, label in named.items():
        found.setdefault(network.length, {})[network.first] = label
    return Labels({length: found[length] for length in sorted(found, reverse=True)})


def _plainly(named: dict[Network, str], subject: Network) -> str:
    """The label of the longest prefix that holds the subject, by the standard library."""
    inner = ipaddress.ip_network(str(subject))
    held = [
        (outer.prefixlen, label)
        for outer, label in ((ipaddress.ip_network(str(n)), each) for n, each in named.items())
        if outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]
    ]
    return max(held, default=(0, ""))[1]


@given(st.dictionaries(prefixes(), st.sampled_from(["a", "b", "c"]), max_size=8), st.data())
def test_the_label_is_that_of_the_longest_prefix_around(
    named: dict[Network, str], data: st.DataObject
) -> None:
    subjects = data.draw(
        st.lists(ADDRESSES.map(lambda each: Network(each, 128)) | prefixes(), max_size=6)
    )
    labels = _labels(named)
    expected = [_plainly(named, each) for each in subjects]
    assert [labels.label(each.first, each.length) for each in subjects] == expected
    rows = pa.table(
        {
            "_subject_hi": pa.array([*(each.first >> 64 for each in subjects), None], pa.uint64()),
            "_subject_lo": pa.array(
                [*(each.first & ((1 << 64) - 1) for each in subjects), None], pa.uint64()
            ),
            "_subject_len": pa.array([*(each.length for each in subjects), None], pa.uint8()),
        }
    )
    own = OwnLabels(Organisation())
    own._found = labels
    found = appended_to(rows, None, Extra(("label",), own))
    cells = [line.decode() for line in found.lines()]
    assert cells == [',"label"\n', *(f',"{each}"\n' if each else ",\n" for each in [*expected, ""])]


def test_all_of_ipv6_is_not_all_of_ipv4() -> None:
    labels = _labels({parse_network("::/0"): "IPv6"})
    assert labels.label(parse_network("192.0.2.1").first, 128) == ""
    assert labels.label(parse_network("2001:db8::1").first, 128) == "IPv6"


TEXTS = st.text(st.characters(blacklist_characters="\r\n\0", codec="utf-8"))


@given(
    st.lists(st.tuples(TEXTS, st.none() | st.binary(min_size=16, max_size=16), TEXTS)), st.data()
)
def test_cells_stand_behind_their_rows_wherever_pieces_end(
    rows: list[tuple[str, bytes | None, str]], data: st.DataObject
) -> None:
    content = "".join(
        f'"{each.replace(chr(34), chr(34) * 2)}"\n' for each in ("name", *(r[0] for r in rows))
    )
    said = content.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=5)))
    pieces = [said[a:b] for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True)]
    words = tuple(dict.fromkeys(row[2] for row in rows))
    cells = pa.table(
        {
            "finding_id": pa.array([row[1] for row in rows], pa.binary(16)),
            "label": pa.array([words.index(row[2]) for row in rows], pa.int32()),
        }
    )
    appended = Appended(("finding_id", "label"), cells, words)
    longer = b"".join(appended.after(pieces)).decode()
    header, *found = csv.reader(io.StringIO(longer, newline=""))
    assert header == ["name", "finding_id", "label"]
    assert found == [[r[0], r[1].hex() if r[1] is not None else "", r[2]] for r in rows]
    for wrong in (said + b'"more"\n', said[: said.rindex(b"\n", 0, -1) + 1] if rows else b""):
        with pytest.raises(Disagree):
            list(appended.after([wrong]))


def test_no_type_has_a_column_of_that_name_and_one_that_had_would_keep_it() -> None:
    types = load_catalogue().report_types.values()
    names = {each.name for report_type in types for each in report_type.columns}
    assert names.isdisjoint(ExtraColumn.values)
