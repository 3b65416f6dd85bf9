"""Preferences of a list as people write them: pure."""

from __future__ import annotations

from tocsin.model.severity import Severity
from tocsin.service.languages import LANGUAGES
from tocsin.service.subscribers.models.mailing_list import Delivery, ProofOfLife, ReportFormat

_CHOICES = {
    "format": tuple(ReportFormat.values),
    "delivery": tuple(Delivery.values),
    "least_severity": tuple(each.word for each in Severity),
    "language": tuple(LANGUAGES),
    "proof_of_life": tuple(ProofOfLife.values),
}
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
_SWITCHES = ("compressed", "delta")

NAMES = (*_CHOICES, *_SWITCHES)
"""The columns of a list that a change may set."""


def preference(name: str, said: str) -> str | bool:
    """The value of a column of a list; ValueError says what would do."""
    word = said.strip().casefold()
    if name in _SWITCHES:
        if word in (*_YES, *_NO):
            return word in _YES
        raise ValueError(f"“{said}” does not say whether {name} is on or off")
    if name not in _CHOICES:
        raise ValueError(f"there is no preference “{name}”; there are {', '.join(NAMES)}")
    if word not in _CHOICES[name]:
        choices = ", ".join(_CHOICES[name])
        raise ValueError(f"“{said}” is no {name.replace('_', ' ')}; there are {choices}")
    return word
