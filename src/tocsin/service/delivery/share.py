"""How much of a list's reports is still the list's: the values that are passed around."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.engine.nightly.subscribers import ReportList
from tocsin.service.delivery.brake.withheld import Cuts
from tocsin.service.delivery.extra import NO_EXTRA, Extra


class Share(StrEnum):
    """How much of a list's reports is still the list's."""

    WHOLE = "whole"
    CUT = "cut"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Standing:
    """How much, and the list with the networks that it has now.

    cuts: what is held, dropped or recalled of the reports of that night and list. extra: what the
    list has appended to its reports.
    """

    share: Share
    list: ReportList | None = None
    cuts: Cuts = ()
    extra: Extra = NO_EXTRA

    @property
    def is_as_made(self) -> bool:
        """Whether the list has a report byte for byte as the night made it."""
        return self.share is Share.WHOLE and not self.extra.columns


NOTHING = Standing(Share.NOTHING)
