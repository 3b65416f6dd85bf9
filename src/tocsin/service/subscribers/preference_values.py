"""Preferences of a list as people write them: pure."""

from __future__ import annotations

import re

from tocsin.model.severity import Severity
from tocsin.service.subscribers.models.mailing_list import (
    Delivery,
    ExtraColumn,
    ProofOfLife,
    ReportFormat,
    in_order,
)

_CHOICES = {
    "format": tuple(ReportFormat.values),
    "delivery": tuple(Delivery.values),
    "least_severity": tuple(each.word for each in Severity),
    "language": ("en",),
    "proof_of_life": tuple(ProofOfLife.values),
}
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
_SWITCHES = ("compressed", "delta")
_SETS = {"extra_columns": tuple(ExtraColumn.values)}
_BETWEEN = re.compile(r"[\s,;]+")
_NOTHING = "none"

NAMES = (*_CHOICES, *_SWITCHES, *_SETS)
"""The columns of a list that a change may set."""


def preference(name: str, said: str) -> str | bool | list[str]:
    """The value of a column of a list; ValueError says what would do."""
    word = said.strip().casefold()
    if name in _SWITCHES:
        if word in (*_YES, *_NO):
            return word in _YES
        raise ValueError(f"“{said}” does not say whether {name} is on or off")
    if name in _SETS:
        return _several(name, said)
    if name not in _CHOICES:
        raise ValueError(f"there is no preference “{name}”; there are {', '.join(NAMES)}")
    if word not in _CHOICES[name]:
        choices = ", ".join(_CHOICES[name])
        raise ValueError(f"“{said}” is no {name.replace('_', ' ')}; there are {choices}")
    return word


def _several(name: str, said: str) -> list[str]:
    """Words with blanks, commas or semicolons between them, or `none`."""
    words = {each for each in _BETWEEN.split(said.casefold()) if each}
    if words == {_NOTHING}:
        return []
    if not words or not words <= set(_SETS[name]):
        choices = ", ".join((*_SETS[name], _NOTHING))
        raise ValueError(f"“{said}” is no {name.replace('_', ' ')}; there are {choices}")
    return in_order(words)
