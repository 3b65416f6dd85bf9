"""The files of other vocabularies hold together with the catalogue, or every mistake is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin.catalogue.check import check_catalogue
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.interop_entries import FACTS
from tocsin.catalogue.interop_load import VOCABULARIES, load_vocabularies
from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.validate import schema
from tocsin.cli.catalogue import app
from tocsin.engine.interop import values
from tocsin.model.errors import CatalogueError


def write(home: Path, text: str, name: str = "intelmq") -> Path:
    path = home / "interop" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def mistakes(home: Path) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load_vocabularies(load_catalogue(home), home)
    return [str(each).replace(f"{home / 'interop'}/", "") for each in caught.value.problems]


def test_what_ships_loads_and_ends_with_a_rule_for_every_row() -> None:
    found = load_vocabularies(load_catalogue())
    assert list(found) == list(VOCABULARIES)
    assert all(each.rules[-1].is_last for each in found.values())
    assert {path.stem for path in (SHIPPED / "interop").glob("*.yaml")} == set(VOCABULARIES)


def test_every_rule_is_the_first_for_some_type() -> None:
    """A rule that no row can come to is a mistake; those with needs may only be passed by."""
    types = load_catalogue().report_types.values()
    for vocabulary in load_vocabularies(load_catalogue()).values():
        reached = set()
        for entry in types:
            for number, rule in enumerate(vocabulary.rules):
                if rule.fits(entry):
                    reached.add(number)
                    if not rule.needs:
                        break
        # The last one is there for types that an operator adds.
        assert reached | {len(vocabulary.rules) - 1} == set(range(len(vocabulary.rules)))


def test_every_kind_of_value_is_one_and_is_used() -> None:
    words = json.loads(json.dumps(schema("interop")))["$defs"]["field"]["properties"]["as"]["enum"]
    assert set(words) == set(values._KINDS)
    used = {
        field.kind
        for vocabulary in load_vocabularies(load_catalogue()).values()
        for field in (
            *vocabulary.fields,
            *(field for rule in vocabulary.rules for field in rule.fields),
        )
    }
    assert used == set(words)


def test_a_home_adds_fields_and_its_rules_are_asked_first(tmp_path: Path) -> None:
    write(
        tmp_path,
        "fields:\n  comment: {as: text, from: [detail]}\n"
        "rules:\n  - for: {areas: [ddos]}\n    says: {classification.type: dos}\n",
    )
    found = load_vocabularies(load_catalogue(), tmp_path)["intelmq"]
    assert found.fields[-1].path == "comment"
    assert found.rules[0].says == {"classification.type": "dos"}
    shipped = load_vocabularies(load_catalogue())["intelmq"]
    assert found.rules[1:] == shipped.rules


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    write(
        tmp_path,
        "title: Mine\n"
        "fields:\n"
        "  source.ip: {as: address, from: [ip]}\n"
        "  comment: {as: text, from: [no_such_column]}\n"
        "  mine.a: {as: text, from: [ip], any: [ip]}\n"
        "  mine.b: {as: text}\n"
        "  mine.c: {as: text, all: [ip]}\n"
        "rules:\n"
        "  - for: {types: [no_such_type], areas: [weather]}\n"
        "    says: {comment: '{nothing}', mine.d: [a]}\n",
    )
    write(tmp_path, "fields: {}\n", name="stix")
    assert mistakes(tmp_path) == [
        "intelmq.yaml:1:1: 'title' is for the file that ships to say",
        "intelmq.yaml:3:3: the field 'source.ip' is there already",
        "intelmq.yaml:4:30: there is no column 'no_such_column'",
        "intelmq.yaml:5:3: the field 'mine.a' has to have one of `from`, `any` and `all`",
        "intelmq.yaml:6:3: the field 'mine.b' has to have one of `from`, `any` and `all`",
        "intelmq.yaml:7:3: `all` is for lists, and 'mine.c' is none",
        "intelmq.yaml:9:19: there is no report type 'no_such_type'",
        "intelmq.yaml:9:42: there is no area 'weather'",
        "intelmq.yaml:10:12: there is no fact {nothing}",
        "intelmq.yaml:10:34: 'mine.d' is a list if it ends with [], and only then",
        "stix.yaml: there is no vocabulary 'stix' (call the file after one of intelmq, idea, xarf)",
    ]


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("intelmq", "extra.banner", "'extra' holds what no field tells"),
        ("intelmq", "extra.of_no_column", "'extra' holds what no field tells"),
        ("intelmq", "extra", "'extra' holds what no field tells"),
        ("intelmq", "extra.tocsin_id", "every object says 'extra.tocsin_id' already"),
        ("intelmq", "feed.name", "every object says 'feed.name' already"),
        ("intelmq", "source.ip.text", "cannot stand beside 'source.ip'"),
        ("idea", "_Tocsin.Row.banner", "'_Tocsin.Row' holds what no field tells"),
        ("idea", "_Tocsin.Row", "'_Tocsin.Row' holds what no field tells"),
        ("idea", "_Tocsin", "'_Tocsin.Row' holds what no field tells"),
        ("idea", "ID", "every object says 'ID' already"),
        ("idea", "Source", "cannot stand beside 'Source[].IP4[]'"),
        ("idea", "Source.IP4", "cannot stand beside 'Source[].IP4[]'"),
        ("idea", "Source[].Port", "cannot stand beside 'Source[].Port[]'"),
        ("idea", "DetectTime.x", "cannot stand beside 'DetectTime'"),
        ("idea", "Category", "cannot stand beside 'Category[]'"),
        ("xarf", "evidence", "'evidence[]' holds what no field tells"),
        ("xarf", "evidence[].size", "'evidence[]' holds what no field tells"),
        ("xarf", "service.name", "cannot stand beside 'service'"),
        ("xarf", "report_id", "every object says 'report_id' already"),
    ],
)
@pytest.mark.parametrize(
    ("before", "line"),
    [("fields:\n", "2:3"), ("rules:\n  - for: {}\n    fields:\n", "4:7")],
    ids=["field", "rule"],
)
def test_no_field_takes_the_place_of_something_else(
    tmp_path: Path, name: str, path: str, words: str, before: str, line: str
) -> None:
    indent = " " * (int(line[-1]) - 1)
    write(tmp_path, f"{before}{indent}{path}: {{as: text, from: [tag]}}\n", name)
    if "rules" in before and path in ("Category", "service.name"):
        # Only other rules have what it would clash with: no object has both.
        load_vocabularies(load_catalogue(tmp_path), tmp_path)
        return
    (told,) = mistakes(tmp_path)
    assert told.startswith(f"{name}.yaml:{line}: ")
    assert words in told


def test_two_fields_of_a_home_do_not_take_each_others_place(tmp_path: Path) -> None:
    write(
        tmp_path,
        "fields:\n"
        "  mine: {as: text, from: [tag]}\n"
        "  mine.tag: {as: text, from: [tag]}\n"
        "rules:\n"
        "  - for: {areas: [ddos]}\n"
        "    fields: {yours: {as: text, from: [tag]}}\n"
        "    says: {'yours[]': [a], extra.tag: b}\n",
        name="intelmq",
    )
    found = mistakes(tmp_path)
    assert [each.partition(": ")[0] for each in found] == [
        "intelmq.yaml:3:3",
        "intelmq.yaml:6:14",
        "intelmq.yaml:7:12",
        "intelmq.yaml:7:28",
    ]


def test_a_rule_has_another_field_of_the_same_path_and_says_what_no_cell_does(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        "rules:\n"
        "  - for: {areas: [ddos]}\n"
        "    fields:\n"
        "      source_identifier: {as: owner, any: [domain]}\n"
        "      service: {as: text, any: [application]}\n"
        "    says: {service: any, description: flood}\n",
        name="xarf",
    )
    found = load_vocabularies(load_catalogue(tmp_path), tmp_path)["xarf"]
    assert found.rules[0].says == {"service": "any", "description": "flood"}


def test_a_column_of_a_home_does_not_take_the_place_of_the_id(tmp_path: Path) -> None:
    path = tmp_path / "columns" / "own.yaml"
    path.parent.mkdir()
    path.write_text("columns:\n  tocsin_id: {kind: text, description: Mine.}\n")
    (told,) = mistakes(tmp_path)
    assert "the column 'tocsin_id' would take the place of 'extra.tocsin_id'" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fields: {x: {as: colour, from: [ip]}}\n", "which is none of"),
        ("fields: {'a b': {as: text, from: [ip]}}\n", "does not fit"),
        ("feilds: {}\n", "unknown key 'feilds'"),
        ("fields: [\n", "not YAML"),
    ],
)
def test_mistakes_of_form_are_told_by_the_schema(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, text)
    assert any(words in each for each in mistakes(tmp_path))


def test_catalogue_check_finds_a_mapping_to_an_unknown_column(tmp_path: Path) -> None:
    write(tmp_path / "catalogue", "fields:\n  comment: {as: text, from: [no_such_column]}\n")
    with pytest.raises(CatalogueError):
        check_catalogue(tmp_path / "catalogue")
    shown = CliRunner().invoke(app, ["check", "--home", str(tmp_path)])
    assert shown.exit_code == 3
    assert "intelmq.yaml:2:30: there is no column 'no_such_column'" in shown.output


# --- what is said of it ----------------------------------------------------------------------

MANUAL = Path(__file__).parents[2] / "docs" / "operators" / "interop.md"


def test_the_example_of_the_manual_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", MANUAL.read_text("utf-8"), re.M | re.S)
    write(tmp_path, example)
    found = load_vocabularies(load_catalogue(), tmp_path)["intelmq"]
    assert found.rules[0].types == {"scan_telnet"}
    assert found.fields[-1].columns == ("target_product",)


def test_every_fact_and_key_is_described() -> None:
    said = MANUAL.read_text("utf-8")
    assert {f"{{{fact}}}" for fact in FACTS} <= set(re.findall(r"`(\{[a-z_]+\})`", said))
    keys = {*schema("interop")["$defs"]["field"]["properties"]}  # type: ignore[index]
    assert all(f"`{key}`" in said for key in keys)
