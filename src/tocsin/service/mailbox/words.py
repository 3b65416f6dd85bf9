"""The words of data/words.yaml: subjects of automatic replies, domains of free mail."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jsonschema
import yaml

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Words:
    """automatic_subjects: beginnings, folded. free_mail: domains."""

    automatic_subjects: tuple[str, ...]
    free_mail: frozenset[str]

    def is_automatic_subject(self, subject: str) -> bool:
        """Whether an automatic reply has such a subject."""
        return folded(subject).lstrip(" [(").startswith(self.automatic_subjects)

    def is_free_mail(self, address: str) -> bool:
        """Whether anybody can have an address at that domain."""
        return address.rpartition("@")[2] in self.free_mail


def folded(text: str) -> str:
    """The form in which words are compared."""
    return unicodedata.normalize("NFKC", text).casefold()


@cache
def words() -> Words:
    """Those that ship with the service."""
    said = yaml.safe_load((_DATA / "words.yaml").read_text("utf-8"))
    jsonschema.validate(said, json.loads((_DATA / "words.schema.json").read_text("utf-8")))
    subjects = {folded(each) for of_one in said["automatic_subjects"].values() for each in of_one}
    return Words(tuple(sorted(subjects)), frozenset(said["free_mail"]))
