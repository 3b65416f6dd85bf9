"""The languages in which mailing lists are written to: a file of `words` makes one a choice.

What is said in them are texts, files beside the English ones; the words are what programs put into
those. Names and descriptions of report types are English in all of them, as is the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

DEFAULT = "en"

_FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a language. language: its own name for itself.

    marks: of reports, by `delayed` and `partial`. severities, by their word in reports. origins:
    where an address is from, by `ContactOrigin`. causes: why mail comes back, by `Cause`.
    """

    code: str
    language: str
    marks: Mapping[str, str]
    severities: Mapping[str, str]
    origins: Mapping[str, str]
    causes: Mapping[str, str]


def language_named(said: str) -> str:
    """The code of a language that somebody names; ValueError says which there are."""
    word = said.strip().casefold()
    if word not in LANGUAGES:
        raise ValueError(f"“{said}” is no language; there are {', '.join(LANGUAGES)}")
    return word


def known_language(code: str) -> str:
    """That language, or the default if there is none."""
    return code if code in LANGUAGES else DEFAULT


def shared_language(codes: Iterable[str]) -> str:
    """The language of somebody who has several lists: that of all of them, or else the default."""
    found = set(codes)
    return known_language(found.pop()) if len(found) == 1 else DEFAULT


@cache
def words(code: str) -> Words:
    """The words of a language, or of the default one if there is none."""
    code = known_language(code)
    return Words(code, **yaml.safe_load((_FOLDER / f"{code}.yaml").read_text("utf-8")))


def _languages() -> dict[str, str]:
    codes = sorted(each.stem for each in _FOLDER.glob("*.yaml"))
    said = {each: (_FOLDER / f"{each}.yaml").read_text("utf-8") for each in codes}
    return {code: str(yaml.safe_load(text)["language"]) for code, text in said.items()}


LANGUAGES: Mapping[str, str] = _languages()
"""Those there are: the code of each, as `de`, and its own name for itself."""
