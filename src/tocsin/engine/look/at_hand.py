"""What a look uses of a home, if there is one: its catalogue, its newest atlas, its allow list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.atlas.lookup import Atlas
from tocsin.engine.atlas.store import list_atlases
from tocsin.engine.home import Home
from tocsin.engine.intake.allow_list import Allowed, read_allow_list
from tocsin.engine.intake.known_networks import KnownNetworks, read_known_networks
from tocsin.engine.intake.locate import Atlases


class OneAtlas(Atlases):
    """The same atlas for rows of any time: an old file is looked at with today's map."""

    def __init__(self, directory: Path, names: Sequence[str]) -> None:
        super().__init__(directory, names)
        self._none = not names

    def choose(self, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each moment the one atlas, -1 if there is none."""
        return np.full(len(moments), -1 if self._none else 0, dtype=np.int64)


@dataclass(frozen=True)
class AtHand:
    """What there is to look with. `atlas` is None without one."""

    catalogue: Catalogue
    atlases: OneAtlas
    allowed: tuple[Allowed, ...] = ()
    known: KnownNetworks = field(default_factory=KnownNetworks)
    home: Path | None = None

    @property
    def atlas(self) -> Atlas | None:
        """The one atlas, opened; None without one."""
        number = int(self.atlases.choose(np.zeros(1, dtype=np.int64))[0])
        return None if number < 0 else self.atlases.atlas(number)


def at_hand(home: Path) -> AtHand:
    """Read what a look needs; a home that does not exist is no mistake, and none is made.

    Raises HomeError, CatalogueError, ConfigurationError or AtlasError for a home that is there
    and cannot be used.
    """
    if not home.exists():
        return AtHand(load_catalogue(None), OneAtlas(home, ()))
    place = Home.open(home, create=False)
    infos = list_atlases(place.atlases)
    return AtHand(
        catalogue=load_catalogue(place.catalogue),
        atlases=OneAtlas(place.atlases, [info.name for info in infos[-1:]]),
        allowed=read_allow_list(place.policy / "allow.csv"),
        known=read_known_networks(place.policy / "known"),
        home=home,
    )
