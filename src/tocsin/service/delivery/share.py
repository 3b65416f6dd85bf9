"""How much of a list's reports is still the list's: the values that are passed around."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.engine.nightly.subscribers import ReportList


class Share(StrEnum):
    """How much of a list's reports is still the list's."""

    WHOLE = "whole"
    CUT = "cut"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Standing:
    """How much, and the list with the networks that it has now."""

    share: Share
    list: ReportList | None = None


NOTHING = Standing(Share.NOTHING)
