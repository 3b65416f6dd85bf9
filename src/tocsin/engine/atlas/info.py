"""What an atlas says about itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

FORMAT = 1
"""The number of the layout on disk; a reader refuses every other."""


class AtlasInput(NamedTuple):
    """A file that an atlas was built of.

    sha256: of the file as it was given. made: the day (ISO 8601) that its content, or whoever
    fetched it, tells for it; empty if nobody does. use: `routes`, `geo` or `names`; empty in
    labels of before that was kept.
    """

    file: str
    sha256: str
    made: str = ""
    use: str = ""


@dataclass(frozen=True, slots=True)
class AtlasInfo:
    """The label of an atlas.

    at: from when on it counts (UTC, whole seconds). prefixes_v4, prefixes_v6: distinct routed
    prefixes. places: distinct prefixes with a place. format: number of the layout on disk.
    names: ASes with a name; 0 in labels of before they were counted.
    """

    name: str
    at: dt.datetime
    prefixes_v4: int
    prefixes_v6: int
    places: int
    inputs: tuple[AtlasInput, ...]
    format: int = FORMAT
    names: int = 0


def atlas_for(infos: Sequence[AtlasInfo], time: dt.datetime) -> AtlasInfo | None:
    """The newest atlas that is not later than `time`; None if all are later."""
    earlier = [info for info in infos if info.at <= time]
    return max(earlier, key=lambda info: info.at) if earlier else None
