"""Examples of rules, the rule of the documentation among them, and what Sigma does not take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.classify.compiled import check_rules
from tocsin.engine.classify.examples import failed_examples
from tocsin.model.errors import CatalogueError

PAGE = Path(__file__).parents[3] / "docs" / "operators" / "rules.md"


def test_the_rule_of_the_documentation_is_one_and_its_examples_hold(tmp_path: Path) -> None:
    text, *_ = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    write_rule(tmp_path, 1, text)
    (rule,) = load_catalogue(tmp_path).rules_of("tocsin-ndjson")
    assert failed_examples([rule]) == ()


def test_an_example_that_is_judged_otherwise_is_told_with_its_line(tmp_path: Path) -> None:
    text = rule_text(
        1,
        {"one": {"tag": "a"}, "condition": "one"},
        examples={"hits": [{"tag": "a"}, {"tag": "b"}], "misses": [{"tag": "A"}]},
    )
    write_rule(tmp_path, 1, text.replace(', "', ',\n"'))
    told = [str(each) for each in failed_examples(load_catalogue(tmp_path).rules)]
    assert [each.partition("rules/")[2] for each in told] == [
        "rule-1.yml:9:37: the rule leaves an event that it has to take",
        "rule-1.yml:10:12: the rule takes what it has to leave",
    ]


@pytest.mark.parametrize(
    ("detection", "told"),
    [
        (
            {"one": {"tag": "x"}, "condition": "one and other"},
            "the condition names 'other', which is no selection of the rule (there are one)",
        ),
        (
            {"one": {"tag": "x"}, "condition": "one and"},
            "the condition cannot be read from its letter 8 on (put selections together",
        ),
        (
            {"one": {"tag": "x"}, "condition": "(one"},
            "the condition opens a bracket that it does not close (close it)",
        ),
        ({"one": {"tag": "x"}, "condition": "one)"}, "closes a bracket that it does not open"),
        (
            {"one": {"tag": "x"}, "condition": "one | count() > 5"},
            "the condition counts what it finds (what counts events is a correlation",
        ),
        ({"one": {"tag": "x"}, "condition": "not " * 400 + "one"}, "goes too deep"),
        ({"one": {"tag": "x"}, "condition": "one or " * 600 + "one"}, "longer than 4000 letters"),
        (
            {
                **{f"s{n}": {"tag|contains": f"{n}", "family|contains": f"{n}"} for n in range(9)},
                "condition": "not 1 of them",
            },
            "the condition comes to more than 256 alternatives (make several rules of it)",
        ),
    ],
)
def test_what_sigma_does_not_take_is_told_with_its_line(
    tmp_path: Path, detection: dict[str, Plain], told: str
) -> None:
    write_rule(tmp_path, 1, rule_text(1, detection).replace('"condition"', '\n"condition"'))
    with pytest.raises(CatalogueError) as caught:
        check_rules(load_catalogue(tmp_path))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (2, 1)
    assert problem.where.endswith("rule-1.yml")
    assert told in str(problem)


@pytest.mark.parametrize(
    "pattern", ["a(", "(?=a)", "(?<n>a)", r"\1", "(a{500}){500}", r"\pX", r"[\p{L}]{1000}"]
)
def test_an_expression_that_cannot_be_asked_is_told_before_any_file_is_read(
    tmp_path: Path, pattern: str
) -> None:
    detection: dict[str, Plain] = {"one": {"tag|re": ["a", pattern]}, "condition": "one"}
    write_rule(tmp_path, 1, rule_text(1, detection).replace('"tag|re"', '\n"tag|re"'))
    with pytest.raises(CatalogueError) as caught:
        check_rules(load_catalogue(tmp_path))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (2, 1)
    assert "is no regular expression of RE2's: " in problem.what
