"""A directory of CERTs (as FIRST and TF-CSIRT keep them) as a file, and who is in it.

The file is CSV with the columns `name`, `country`, `domains` (separated by blanks or `;`) and, if
wanted, `link` and `directory`, or JSON: a list of objects with these keys. A match is evidence for
a person to judge; it proves nothing by itself.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tocsin.engine.files import canonical_json, write_atomically
from tocsin.engine.home import Home
from tocsin.model.errors import InputError, Problem
from tocsin.service.subscribers.values import NetworkKind, network_value
from tocsin.service.texts import harmless

_MOST_BYTES = 10 << 20
_REQUIRED = {"name", "country", "domains"}


@dataclass(frozen=True, slots=True)
class Team:
    """An entry. country: two capitals; domains: where its people have their addresses."""

    name: str
    country: str
    domains: tuple[str, ...]
    link: str = ""
    directory: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that fits somebody who asks. by: the domain; same_country: of a country asked."""

    team: Team
    by: str
    same_country: bool


def matches(
    teams: Iterable[Team], domains: Sequence[str], countries: Sequence[str]
) -> tuple[Match, ...]:
    """The entries with one of the domains, or one above it; those of the same country first."""
    found = [
        Match(team, domain, team.country in countries)
        for team in teams
        for domain in domains
        if any(domain == each or domain.endswith(f".{each}") for each in team.domains)
    ]
    return tuple(sorted(found, key=lambda each: (not each.same_country, each.team.name)))


def read_directory(path: Path) -> tuple[tuple[Team, ...], tuple[Problem, ...]]:
    """The entries of a file, and what is wrong with the others; InputError if it is none."""
    said = path.read_bytes()[: _MOST_BYTES + 1]
    if len(said) > _MOST_BYTES:
        raise InputError("the file is too large", where=str(path), todo="10 MB are the most")
    text = said.decode("utf-8-sig", "replace")
    rows = _of_json(path, text) if text.lstrip().startswith("[") else _of_csv(path, text)
    teams, problems = [], []
    for number, row in rows:
        try:
            teams.append(_team(row))
        except ValueError as error:
            todo = "give it a name, two letters for the country, and domains"
            problems.append(Problem(str(path), number, 0, harmless(str(error), 300), todo))
    return tuple(teams), tuple(problems)


def keep(home: Home, teams: Iterable[Team]) -> None:
    """Keep the entries for the pages of staff; they replace those that were kept."""
    write_atomically(_place(home), canonical_json([asdict(each) for each in teams]))


def kept(home: Home) -> tuple[Team, ...]:
    """The entries that are kept; none if nobody has brought any in."""
    path = _place(home)
    if not path.is_file():
        return ()
    said = json.loads(path.read_bytes())
    return tuple(Team(**{**each, "domains": tuple(each["domains"])}) for each in said)


def _place(home: Home) -> Path:
    return home.service / "cert-directory.json"


def _of_json(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise InputError(f"this is no JSON: {error}", where=str(path), todo="mend it") from None
    for number, each in enumerate(said, start=1):
        yield number, each if isinstance(each, dict) else {}


def _of_csv(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    reader = csv.DictReader(io.StringIO(text))
    if not set(reader.fieldnames or ()) >= _REQUIRED:
        todo = "let the first line name the columns: name,country,domains,link,directory"
        raise InputError("this is no directory of CERTs", where=str(path), line=1, todo=todo)
    for row in reader:
        yield reader.line_num, row


def _team(row: Mapping[str, object]) -> Team:
    name = harmless(str(row.get("name") or ""), 200)
    domains = row.get("domains") or ""
    listed = domains if isinstance(domains, list) else str(domains).replace(";", " ").split()
    if not name or not listed:
        raise ValueError("an entry without name or domains")
    return Team(
        name,
        network_value(NetworkKind.COUNTRY, str(row.get("country") or "")).value,
        tuple(network_value(NetworkKind.DOMAIN, str(each)).value for each in listed),
        harmless(str(row.get("link") or ""), 500),
        harmless(str(row.get("directory") or ""), 60),
    )
