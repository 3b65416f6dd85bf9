"""The documents say what is: commands, options, exit codes, links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from tocsin.catalogue.load import load_catalogue
from tocsin.cli.exit_codes import EXIT_CODES
from tocsin.cli.main import COMMANDS, application
from tocsin.engine.intake.allow_list import read_allow_list
from tocsin.engine.intake.reserved import KINDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MANUAL = DOCS / "operators" / "commands.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
SHARED = {"--home", "--json", "--now"}

KNOWN_HOSTS = re.compile(
    r"(localhost|127\.0\.0\.1|192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+"
    r"|([a-z0-9-]+\.)*example\.(org|com|net))(:\d+)?$"
)
"""Documents name no other hosts: what is to be installed is named, not where from."""


@dataclass(frozen=True)
class Described:
    """What the manual says of one command."""

    synopsis: str
    options: frozenset[str]


@cache
def manual() -> dict[str, Described]:
    """Every section `## tocsin ...` of the manual."""
    sections = re.split(r"^## ", MANUAL.read_text("utf-8"), flags=re.M)
    described = {}
    for section in sections:
        title, _, text = section.partition("\n")
        if title.startswith("tocsin "):
            synopsis = re.findall(r"^    (tocsin .*)$", text, re.M)
            options = re.findall(r"^\| `(--[a-z-]+)", text, re.M)
            described[title] = Described(synopsis[0], frozenset(options))
    return described


@cache
def existing(word: str) -> dict[str, TyperCommand]:
    """The command of that name, or all commands of the group of that name, by full name."""
    root = get_command(application(word))
    assert isinstance(root, TyperGroup)
    found = root.commands[word]
    if isinstance(found, TyperCommand):
        return {f"tocsin {word}": found}
    assert isinstance(found, TyperGroup)
    return {
        f"tocsin {word} {name}": inner
        for name, inner in found.commands.items()
        if isinstance(inner, TyperCommand)
    }


def options_of(command: TyperCommand) -> set[str]:
    return {
        name
        for parameter in command.params
        if parameter.param_type_name == "option" and parameter.name != "help"
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--")
    }


WORDS = pytest.mark.parametrize("word", [command.name for command in COMMANDS])


@WORDS
def test_every_command_is_described(word: str) -> None:
    assert set(existing(word)) <= set(manual())


@WORDS
def test_every_option_is_described_and_every_described_one_exists(word: str) -> None:
    for name, command in existing(word).items():
        own = options_of(command) - SHARED
        assert manual()[name].options == own, name


@WORDS
def test_the_synopsis_of_a_command_has_all_its_options_and_arguments(word: str) -> None:
    for name, command in existing(word).items():
        synopsis = manual()[name].synopsis
        assert synopsis.startswith(name)
        assert set(re.findall(r"--[a-z-]+", synopsis)) == options_of(command), name
        arguments = sum(each.param_type_name == "argument" for each in command.params)
        bare = re.sub(r"\[?--[a-z-]+( [A-Z]+(\.\.\.)?)?\]?", "", synopsis.removeprefix(name))
        assert len(bare.split()) == arguments, f"{name}: {bare}"


@WORDS
def test_a_required_option_stands_bare_in_the_synopsis(word: str) -> None:
    for name, command in existing(word).items():
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                bracketed = f"[{parameter.opts[0]}" in manual()[name].synopsis
                assert bracketed != parameter.required, f"{name}: {parameter.opts[0]}"


@WORDS
def test_every_command_and_option_helps_itself(word: str) -> None:
    for name, command in existing(word).items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", ""), f"{name}: {parameter.name}"


def test_every_described_command_exists() -> None:
    words = {name.split()[1] for name in manual()}
    assert words <= {command.name for command in COMMANDS}
    described_groups = {name for name in manual() if len(name.split()) == 3}
    for word in {name.split()[1] for name in described_groups}:
        assert {name for name in manual() if name.split()[1] == word} <= set(existing(word))


def test_the_table_of_commands_is_complete() -> None:
    listed = re.findall(r"^\| \[`tocsin ([a-z]+)`\]\(#tocsin-", MANUAL.read_text("utf-8"), re.M)
    assert sorted(listed) == sorted(command.name for command in COMMANDS)


def test_every_exit_code_is_described_and_every_described_one_exists() -> None:
    section = MANUAL.read_text("utf-8").partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.M)} == set(EXIT_CODES)


# --- sources --------------------------------------------------------------------------------

SOURCES = DOCS / "operators" / "sources.md"
FORMATS = DOCS / "developers" / "formats.md"
SCHEMA = ROOT / "src" / "tocsin" / "catalogue" / "schema" / "source.json"


def keys_of(schema: Mapping[str, object]) -> Iterator[str]:
    """Every key that a source may have, at any depth."""
    properties = cast("Mapping[str, Mapping[str, object]]", schema.get("properties", {}))
    for key, inner in properties.items():
        yield key
        yield from keys_of(inner)


def words_of(schema: object) -> Iterator[str]:
    """Every word of which one has to be chosen, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("enum", ())
        for inner in schema.values():
            yield from words_of(inner)


def test_every_key_and_word_of_a_source_is_described() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    text = SOURCES.read_text("utf-8") + FORMATS.read_text("utf-8")
    said = set(re.findall(r"[a-z_+-]+", " ".join(re.findall(r"`([^`\n]+)`", text))))
    assert {*keys_of(schema), *words_of(schema), *KINDS} - said == set()


def test_the_examples_of_sources_are_sources(tmp_path: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", SOURCES.read_text("utf-8"), re.M | re.S)
    names = re.findall(r"as\s+`([a-z-]+)\.yaml`", SOURCES.read_text("utf-8"))
    (tmp_path / "sources").mkdir()
    for name, block in zip(names, blocks, strict=True):
        (tmp_path / "sources" / f"{name}.yaml").write_text(block, "utf-8")
    assert set(names) < set(load_catalogue(tmp_path).sources)


def test_the_example_of_an_allow_list_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```csv\n(.*?)^```", SOURCES.read_text("utf-8"), re.M | re.S)
    (tmp_path / "allow.csv").write_text(block, "utf-8")
    assert len(read_allow_list(tmp_path / "allow.csv")) == 3


# --- all documents --------------------------------------------------------------------------


def without_code(text: str) -> str:
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    names = set()
    for heading in re.findall(r"^#+ +(.*?) *#*$", text, re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        names.add(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    return names


def links(page: Path) -> Iterator[str]:
    yield from re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        inside = target.is_relative_to(ROOT)
        if not inside or not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_document_names_no_host_and_no_home_directory(page: Path) -> None:
    text = page.read_text("utf-8")
    hosts = re.findall(r"\b[a-z][a-z+]*://([^/\s)>\"'`]+)", text)
    assert [host for host in hosts if not KNOWN_HOSTS.match(host)] == []
    assert re.findall(r"(?<![\w.])/(?:home|root|Users|work|tmp)/\w+", text) == []


def test_the_list_of_dependencies_names_no_place_to_get_them_from() -> None:
    text = (ROOT / "requirements.txt").read_text("utf-8")
    assert "//" not in text
    assert not re.search(r"^\s*-(?!-hash=)", text, re.M)


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        waiting += [page.parent / link.partition("#")[0] for link in links(page) if link[0] != "#"]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page.resolve() not in reached] == []
