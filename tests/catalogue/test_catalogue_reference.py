"""The reference pages are those of the catalogue, and complete."""

from __future__ import annotations

from pathlib import Path

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.catalogue.reference import MARK, compare_pages, reference_pages, write_pages
from tocsin.catalogue.reference_words import code, listed

LOADED = load_files(SHIPPED, None)
CATALOGUE = LOADED.catalogue
PAGES = reference_pages(CATALOGUE, LOADED.retired, LOADED.families)
DOCS = Path(__file__).parents[2] / "docs" / "reference"


def test_the_pages_in_the_repository_are_up_to_date() -> None:
    assert compare_pages(DOCS, PAGES) == ()


def test_every_type_has_a_page_and_stands_in_the_index() -> None:
    for name, entry in CATALOGUE.report_types.items():
        assert f"report-types/{name}.md" in PAGES["README.md"]
        page = PAGES[f"report-types/{name}.md"]
        assert page.startswith(f"{MARK}\n\n# {entry.title}\n")
        for column in entry.columns:
            assert f"| `{column.name}` |" in page
        for text in entry.text.values():
            assert text in page


def test_a_page_has_its_example_row_its_port_and_its_neighbours() -> None:
    page = PAGES["report-types/scan_dns.md"]
    assert "| For IPv6 | [`scan6_dns`](scan6_dns.md) |" in page
    assert "| Port and protocol | told by `port` and `protocol`; `53/udp` in the example |" in page
    assert '```csv\n"timestamp","severity","ip",' in page
    assert "](scan_ntp.md)" in page.partition("## See also")[2]


def test_the_index_leads_from_earlier_names_to_those_of_today() -> None:
    earlier = PAGES["README.md"].partition("## Earlier names")[2]
    for name, entry in CATALOGUE.report_types.items():
        for alias in entry.aliases:
            assert f"| `{alias}` | [`{name}`](report-types/{name}.md) |" in earlier


def test_a_catalogue_without_families_is_described_too() -> None:
    pages = reference_pages(CATALOGUE, LOADED.retired)
    assert pages.keys() == PAGES.keys()
    assert "### Others" in pages["README.md"]


def test_every_column_source_and_area_is_described() -> None:
    for name in CATALOGUE.columns:
        assert f"| `{name}` |" in PAGES["columns.md"]
    for name in CATALOGUE.sources:
        assert f"## `{name}`" in PAGES["sources.md"]
    for area in CATALOGUE.areas.values():
        assert f"## {area.title}\n\n{area.description}" in PAGES["README.md"]


def test_links_between_pages_lead_somewhere() -> None:
    anchors = {f"#{area.title.lower().replace(' ', '-')}" for area in CATALOGUE.areas.values()}
    for name, page in PAGES.items():
        if name.startswith("report-types/"):
            link = page.split("](../README.md")[1].split(")")[0]
            assert link in anchors


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    assert code("|router login:") == "`\\|router login:`"
    assert code("a`b") == "``a`b``"


def test_words_are_listed_as_people_do() -> None:
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        *("", "a", "a and b", "a, b and c"),
    ]


def test_stale_missing_and_left_over_pages_are_told_and_mended(tmp_path: Path) -> None:
    write_pages(tmp_path, PAGES)
    assert compare_pages(tmp_path, PAGES) == ()
    (tmp_path / "columns.md").write_text(f"{MARK}\nold\n")
    (tmp_path / "sources.md").unlink()
    (tmp_path / "report-types" / "gone.md").write_text(f"{MARK}\n# Gone\n")
    (tmp_path / "notes.md").write_text("# Somebody's own notes\n")
    stale = ("columns.md", "report-types/gone.md", "sources.md")
    assert compare_pages(tmp_path, PAGES) == stale
    write_pages(tmp_path, PAGES)
    assert compare_pages(tmp_path, PAGES) == ()
    assert (tmp_path / "notes.md").exists()
