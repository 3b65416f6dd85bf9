"""Parts of the description that the endpoints share: which answers there are, in which forms."""

from __future__ import annotations

from typing import Any

from ninja import Schema

from tocsin.service.rest.answers import Form
from tocsin.service.rest.schemas import Refused

_ALWAYS = (401, 405, 406, 500, 503)


def answers(good: type[Schema] | None, *others: int) -> dict[Any, Any]:
    """What an endpoint may answer: the good answer, and problems."""
    return {200: good, **dict.fromkeys(sorted({*_ALWAYS, *others}), Refused)}


def in_forms(*forms: Form) -> dict[str, Any]:
    """The good answer in these forms as well as in JSON."""
    others = {each.value: {"schema": {"type": "string"}} for each in forms if each is not Form.JSON}
    return {"responses": {200: {"content": others}}}
