"""However a file of a rule or a source is spoilt, every mistake is told with its file and line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.catalogue.build_rules import Known, build_rule
from tocsin.catalogue.build_sources import build_sources
from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.sections import read_section
from tocsin.engine.classify.compiled import compile_rules
from tocsin.engine.classify.examples import failed_examples
from tocsin.engine.classify.wanted import in_words
from tocsin.engine.rule_check.possible import dead_parts, is_impossible
from tocsin.model.errors import CatalogueError, Problem

RULES = [path.read_text("utf-8") for path in sorted((SHIPPED / "rules").glob("*.yml"))][:12]
SOURCES = [
    (SHIPPED / "sources" / f"{name}.yaml").read_text("utf-8")
    for name in ("threatfox", "dshield", "cowrie", "intelmq")
]
PIECES = (
    ":", " ", "\t", "\n", "-", "[", "]", "{", "}", "'", '"', "#", "&a ", "*a", "!x ", "|", "|re",
    "|cidr", "|contains|all", "|exists", "|i", "?", "%", "\\", "\0", "\ufeff", "\u2028", "\ud7ff",
    "é", "null", "true", "1", "1.5", "99999999999999999999",
    "(", ")", "not ", " and ", " or ", "1 of ", "them", "x*",
    "<<: ", "---\n", "  ", "[[[[", "{a: ", "condition: ", "(a{1000}){1000}", "(?=x)",
    "2001:db8::/129",
)  # fmt: skip


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


@st.composite
def spoilt(draw: st.DrawFn, originals: Sequence[str]) -> bytes:
    """A good file with letters, lines or pieces taken out, put in or moved."""
    text = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(["cut", "put", "put", "put", "line", "twice", "swap"]))
        at = draw(st.integers(0, len(text)))
        lines = text.split("\n")
        row = draw(st.integers(0, len(lines) - 1))
        if way == "cut":
            text = text[:at] + text[at + draw(st.integers(1, 12)) :]
        elif way == "put":
            text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
        elif way == "line":
            text = "\n".join(lines[:row] + lines[row + 1 :])
        elif way == "twice":
            text = "\n".join([*lines[: row + 1], *lines[row:]])
        else:
            other = draw(st.integers(0, len(lines) - 1))
            lines[row], lines[other] = lines[other], lines[row]
            text = "\n".join(lines)
    content = text.encode("utf-8", "surrogatepass")
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


def assert_told(problems: Sequence[Problem], path: Path, content: bytes) -> None:
    lines = content.decode("utf-8", "replace").count("\n") + 2
    for each in problems:
        assert each.where == str(path)
        assert 1 <= each.line <= lines + content.count(b"\r") + content.count("\u2028".encode())
        assert each.what
        assert "\n" not in str(each)


@settings(max_examples=cases(133), deadline=None)
@given(spoilt(RULES))
def test_a_spoilt_rule_is_told_with_file_and_line(content: bytes) -> None:
    shipped = catalogue()
    known = Known(shipped.sources, shipped.report_types, shipped.columns, shipped.observations)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rule.yml"
        path.write_bytes(content)
        section = read_section(path, "rule")
        rule, mistakes = build_rule(section, known)
        problems = [*section.problems, *mistakes]
        assert (rule is None) is bool(problems)
        if rule is not None:
            try:
                (wanted,) = compile_rules([rule]).wanted
                problems += failed_examples([rule])
                assert in_words(wanted)
                list(dead_parts(wanted, rule.hits))
                is_impossible(wanted, rule.hits)
            except CatalogueError as error:
                problems += error.problems
        assert_told(problems, path, content)


@settings(max_examples=cases(66), deadline=None)
@given(spoilt(SOURCES))
def test_a_spoilt_source_is_told_with_file_and_line(content: bytes) -> None:
    shipped = catalogue()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "spoilt.yaml"
        path.write_bytes(content)
        section = read_section(path, "source")
        found, mistakes = build_sources(
            {"spoilt": section}, {}, set(shipped.columns), set(shipped.report_types)
        )
        problems = [*section.problems, *mistakes]
        assert found or problems
        assert_told(problems, path, content)
