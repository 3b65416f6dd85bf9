"""How much of a list's reports is still the list's: the values that are passed around."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.engine.nightly.subscribers import ReportList
from tocsin.service.delivery.brake.withheld import Cuts


class Share(StrEnum):
    """How much of a list's reports is still the list's."""

    WHOLE = "whole"
    CUT = "cut"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Standing:
    """How much, and the list with the networks that it has now.

    cuts: what is held, dropped or recalled of the reports of that night and list.
    """

    share: Share
    list: ReportList | None = None
    cuts: Cuts = ()


NOTHING = Standing(Share.NOTHING)
