"""Every mistake of a catalogue, all at once, with file and line: whole messages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_catalogue, load_files
from tocsin.model.errors import CatalogueError

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.name for path in BROKEN.iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES)
def test_all_mistakes_are_told_at_once_with_file_and_line(case: str) -> None:
    root = BROKEN / case
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(root)
    told = caught.value.message().replace(f"{root}/", "")
    assert told + "\n" == (root / "expected.txt").read_text()


def test_mistakes_of_several_files_are_told_together(tmp_path: Path) -> None:
    for case in CASES:
        shutil.copytree(BROKEN / case, tmp_path, dirs_exist_ok=True)
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    folders = {Path(problem.where).parent.name for problem in caught.value.problems}
    assert folders >= {"report_types", "sources", "provisional"}


def copy_of_shipped(tmp_path: Path) -> Path:
    copy = tmp_path / "shipped"
    for name in ("columns.yaml", "areas.yaml"):
        copy.mkdir(exist_ok=True)
        shutil.copy(SHIPPED / name, copy / name)
    for name in ("report_types", "sources"):
        shutil.copytree(SHIPPED / name, copy / name)
    return copy


@pytest.mark.parametrize("name", ["columns.yaml", "areas.yaml"])
def test_a_vocabulary_that_cannot_be_read_is_one_mistake_and_not_hundreds(
    tmp_path: Path, name: str
) -> None:
    copy = copy_of_shipped(tmp_path)
    (copy / name).write_text("columns: [\n")
    with pytest.raises(CatalogueError) as caught:
        load_files(copy, None)
    assert [Path(problem.where).name for problem in caught.value.problems] == [name]


def test_one_column_of_the_wrong_form_is_one_mistake_and_not_one_a_type(tmp_path: Path) -> None:
    copy = copy_of_shipped(tmp_path)
    text = (copy / "columns.yaml").read_text()
    (copy / "columns.yaml").write_text(
        text.replace("  src_ip: {kind: address", "  src_ip: {kind: adress")
    )
    with pytest.raises(CatalogueError) as caught:
        load_files(copy, None)
    assert len(caught.value.problems) == 1
    assert "adress" in str(caught.value)


def test_a_mistake_in_what_a_source_extends_is_told_there_only(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "base.yaml").write_text("extends: shadowserver-csv\nmax_age: [3]\n")
    (sources / "own.yaml").write_text("extends: base\ntitle: Own\n")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    assert [Path(problem.where).name for problem in caught.value.problems] == ["base.yaml"]


def test_a_missing_shipped_file_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"columns\.yaml: the file cannot be read"):
        load_files(tmp_path, None)


def test_a_report_type_that_there_is_not_is_told_of_a_reading(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "partner.yaml").write_text(
        "title: A partner\nformat: csv\nterms: {tlp: amber}\n"
        "reading:\n  report_types: [event4_sinkhole, no_such_type]\n  columns: {timestamp: a}\n"
    )
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    ((where, line, what),) = (
        (Path(problem.where).name, problem.line, problem.what) for problem in caught.value.problems
    )
    assert (where, line) == ("partner.yaml", 5)
    assert what == "there is no report type 'no_such_type'"


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"(?x)(?P<cell>a)", "invalid perl operator"),
        (r"(?P<cell>\u0041)", "invalid escape sequence"),
        (r"(?P<cell>(a{500}){500})", "invalid repetition size"),
        (r"(?P<cell>a", "is no regular expression: missing ), unterminated subpattern"),
    ],
)
def test_an_expression_that_re2_does_not_know_is_told_with_its_line(
    tmp_path: Path, pattern: str, told: str
) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "partner.yaml").write_text(
        "title: A partner\nformat: csv\nterms: {tlp: amber}\n"
        f"reading:\n  columns:\n    timestamp: a\n    tag: {{of: b, match: '{pattern}'}}\n"
    )
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    ((line, what),) = ((problem.line, problem.what) for problem in caught.value.problems)
    assert line == 7
    assert told in what


def test_a_rule_for_rows_that_have_a_type_already_is_told(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    rule = (SHIPPED / "rules" / "threatfox-controller.yml").read_text()
    (tmp_path / "rules" / "own.yml").write_text(
        rule.replace("service: threatfox", "service: urlhaus")
    )
    with pytest.raises(CatalogueError, match="the rows of 'urlhaus' have a report type already"):
        load_catalogue(tmp_path)
