"""What a call asks for: one JSON object, read field by field, each held to what it may be."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn, cast

from tocsin.service.api.dates import Span, read_span
from tocsin.service.api.errors import wrong

MOST_BYTES = 64 << 10
"""How large the body of a call may be."""

_MOST_TEXT = 1000
_MOST_TEXTS = 1000
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""What JSON can say, and neither UTF-8 nor a database can."""


def read_body(body: bytes) -> Mapping[str, object]:
    """The object that a body holds; Refused if it holds anything else."""
    try:
        said = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise wrong("the body is not JSON") from None
    if not isinstance(said, dict):
        raise wrong("the body is not one JSON object")
    return cast("dict[str, object]", said)


class Asked:
    """The fields of a call. Whatever cannot be so is Refused with the name of its field.

    Fields that a method does not know are passed over: clients send more than they need.
    """

    def __init__(self, fields: Mapping[str, object], today: dt.date) -> None:
        self.fields = fields
        self.today = today

    def text(self, name: str) -> str:
        """A text; "" if it is absent."""
        said = self.fields.get(name)
        if said is None:
            return ""
        if isinstance(said, int) and not isinstance(said, bool):
            return str(said)
        if not isinstance(said, str) or len(said) > _MOST_TEXT or _NO_TEXT.search(said):
            raise wrong(f"'{name}' is no text of at most {_MOST_TEXT} characters")
        return said.strip()

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, or one text alone; none if it is absent."""
        said = self.fields.get(name)
        several = said if isinstance(said, list) else [said]
        if len(several) > _MOST_TEXTS:
            raise wrong(f"'{name}' names more than {_MOST_TEXTS}")
        found = [Asked({name: each}, self.today).text(name) for each in several]
        return tuple(each for each in found if each)

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 on, also as a text of digits; `most` if it is more than that."""
        said = self.text(name)
        if not said:
            return default
        if not (said.isascii() and said.isdigit() and len(said) <= 18) or int(said) < 1:
            raise wrong(f"'{name}' is no whole number from 1 on")
        return min(int(said), most)

    def flag(self, name: str) -> bool:
        """Yes or no; no if it is absent."""
        said = self.fields.get(name)
        if said in (None, "", False, 0, "0", "false", "False", "no"):
            return False
        if said in (True, 1, "1", "true", "True", "yes"):
            return True
        raise wrong(f"'{name}' is neither true nor false")

    def span(self, name: str) -> Span | None:
        """Days; None if it is absent."""
        said = self.text(name)
        if not said:
            return None
        try:
            return read_span(said, self.today)
        except ValueError as error:
            raise wrong(f"'{name}': {error}") from None

    def object(self, name: str) -> Mapping[str, Any]:
        """An object; an empty one if it is absent."""
        said = self.fields.get(name)
        if said is None:
            return {}
        if not isinstance(said, dict):
            raise wrong(f"'{name}' is no object")
        return cast("dict[str, Any]", said)


def _no_number(said: str) -> NoReturn:
    raise ValueError(said)
