"""The forms of a report: whole, with hostile cells, and what no form may let through."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.hostile_report import ABOUT, COLUMNS, ROWS, as_csv

from tocsin.catalogue.load import load_catalogue
from tocsin.service.delivery.compose.attachment import Attachment, TooLarge, plain, zipped
from tocsin.service.delivery.compose.facts import Made, Note
from tocsin.service.delivery.compose.formats import FORMS
from tocsin.service.delivery.compose.formats.rows import About
from tocsin.service.delivery.compose.formats.shown import defanged, shown
from tocsin.service.delivery.files import within
from tocsin.service.subscribers.models.mailing_list import ReportFormat

GOLDEN = Path(__file__).parents[1] / "golden" / "mails"

FOR_PEOPLE = (ReportFormat.HTML, ReportFormat.XML, ReportFormat.TEXT)

CLICKABLE = re.compile(
    r"https?:|ftp:|www\.|(mailto|javascript|data):\S|(?<!hxxp)(?<!hxxps)://|\S[.\u3002\uff0e\uff61][^\W\d_]",
    re.IGNORECASE,
)
"""What some mail program or other makes a link of."""


def made(form: str, content: bytes, about: About = ABOUT) -> bytes:
    """The report in that form, read in pieces that end anywhere."""
    pieces = [content[begin : begin + 7] for begin in range(0, len(content), 7)]
    return b"".join(FORMS[form].pieces(pieces, about))


@pytest.mark.parametrize("form", [each for each in FORMS if each != ReportFormat.CSV])
def test_a_hostile_report_is_the_golden_one(form: str) -> None:
    path = GOLDEN / f"hostile.{FORMS[form].ending}"
    assert made(form, as_csv()).decode() == path.read_bytes().decode()


def test_machines_get_cells_as_they_are() -> None:
    content = as_csv()
    assert made(ReportFormat.CSV, content) == content
    rows = json.loads(made(ReportFormat.JSON, content))
    assert [[str(each[name] or "") for name in COLUMNS] for each in rows] == [list(r) for r in ROWS]
    assert rows[0]["src_port"] == 40001
    assert rows[1]["src_port"] is None


def test_a_report_without_rows_is_one_in_every_form() -> None:
    empty = as_csv(())
    assert json.loads(made(ReportFormat.JSON, empty)) == []
    assert ElementTree.fromstring(made(ReportFormat.XML, empty)).findall("row") == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("http://example.org/a.b", "hxxp://example[.]org/a[.]b"),
        ("HTTPS://192.0.2.1/x", "HXXPS://192[.]0[.]2[.]1/x"),
        ("ftp://example.org", "ftp[:]//example[.]org"),
        ("mailto:a@example.org", "mailto[:]a@example[.]org"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("1.50", "1.50"),
        ("=1+1", "'=1+1"),
        ("-5", "-5"),
        ("-5-1", "'-5-1"),
        ("  @SUM(A1)", "'@SUM(A1)"),
        ("\u202e=1", "'=1"),
        ("2026-11-22 00:00:01", "2026-11-22 00:00:01"),
    ],
)
def test_a_cell_is_shown_so_that_it_does_nothing(cell: str, said: str) -> None:
    assert shown(cell) == said


HOSTILE = st.lists(
    st.one_of(
        st.characters(),
        st.sampled_from(
            [
                "http",
                "hxxp",
                "https",
                "ftp",
                "://",
                ":",
                "/",
                "//",
                "\\\\",
                ".",
                "\u3002",
                "\uff0e",
                "www",
                "example.org",
                "192.0.2.1",
                "@",
                "mailto:",
                "javascript:",
                "data:",
                "=",
                "+",
                "-",
                "<",
                ">",
                '"',
                "'",
                "&",
                "<b>",
                "]]>",
                "<!--",
                "\x00",
                "\x1b",
                "\u202e",
                "\x85",
                "\u2028",
                "\ufffe",
                "\t",
                " ",
                "\u00a0",
                "\uff1a",
                "\uff1d",
                "xn--",
                "\u00ad",
                "\u0301",
            ]
        ),
    ),
    max_size=6,
).map("".join)


class _Texts(HTMLParser):
    """The tags of a page, and its texts between `td` and `/td`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.cells: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag == "td"
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


def _is_harmless(text: str) -> bool:
    controls = [each for each in text if unicodedata.category(each) in ("Cc", "Cs")]
    formula = text[:1] in tuple("=+-@|%\uff1d\uff0b\uff0d\uff20")
    is_number = re.fullmatch(r"[+-]?\d+(\.\d+)?", text)
    return not controls and not CLICKABLE.search(text) and (not formula or bool(is_number))


@given(st.lists(HOSTILE, min_size=2, max_size=3))
def test_no_form_for_people_lets_anything_through(cells: list[str]) -> None:
    rows = tuple((re.sub(r"[\r\n\x00]", " ", each),) for each in cells)
    content = as_csv(rows, ("agent",))
    page = _Texts()
    page.feed(made(ReportFormat.HTML, content).decode())
    assert page.tags.count("td") == len(rows)
    assert set(page.tags) <= {
        "html", "head", "meta", "title", "style", "body", "h1", "p", "div", "table", "thead",
        "tbody", "tr", "th", "td",
    }  # fmt: skip
    xml = ElementTree.fromstring(made(ReportFormat.XML, content))
    told = [each.text or "" for each in xml.iter("cell")]
    text = made(ReportFormat.TEXT, content).decode()
    lines = [
        each.partition(":")[2].strip() for each in text.split("\n") if each.startswith("agent:")
    ]
    for each in (*page.cells, *told, *lines):
        assert _is_harmless(each), each
    assert len(told) == len(lines) == sum(bool(row[0]) for row in rows)
    machine = made(ReportFormat.JSON, content)
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", machine)
    assert [each["agent"] or "" for each in json.loads(machine)] == [row[0] for row in rows]


@given(HOSTILE)
def test_what_is_defanged_is_defanged_no_further(cell: str) -> None:
    once = defanged(cell)
    assert defanged(once) == once


def test_every_column_there_is_can_be_written_in_every_form() -> None:
    names = tuple(load_catalogue().columns)
    content = as_csv((tuple("x" for _ in names),), names)
    xml = ElementTree.fromstring(made(ReportFormat.XML, content))
    assert tuple(each.get("column") for each in xml.iter("cell")) == names
    assert all(defanged(each) == each for each in names)


def test_a_file_that_is_too_large_is_not_made_whole() -> None:
    asked = 0

    def pieces() -> object:
        nonlocal asked
        for number in range(1000):
            asked += 1
            yield bytes([number % 251]) * 1000

    with pytest.raises(TooLarge):
        plain("a.csv", pieces(), "text/csv", 10_000)  # type: ignore[arg-type]
    assert asked < 20
    with pytest.raises(TooLarge):
        zipped("a.csv.zip", [("a.csv", pieces())], 100)  # type: ignore[list-item]


def test_the_same_report_makes_the_same_zip() -> None:
    one, other = (zipped("a.zip", [("a.csv", [as_csv()])], 10_000) for _ in range(2))
    assert one == other


def test_files_of_one_mail_are_together_no_larger_than_one_may_be() -> None:
    sizes = (4, 5, 3, 6, 1)
    files = [Made(Attachment(str(size), b"x" * size, "text/csv"), "csv") for size in sizes]
    kept = within([*files, Made(None, "", Note.LINK)], 10)
    assert [each.attachment.name if each.attachment else each.note for each in kept] == [
        "4",
        "5",
        Note.TOO_LARGE,
        Note.TOO_LARGE,
        "1",
        Note.LINK,
    ]
