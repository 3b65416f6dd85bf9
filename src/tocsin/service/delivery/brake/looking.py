"""Looking a night over: its figures, what the brake holds of it, and in which reports that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.configuration.lake_store import lake_store
from tocsin.engine.nightly.connection import Room, folder_in
from tocsin.engine.nightly.package import Package
from tocsin.service import installation
from tocsin.service.delivery.brake.contained import Contained, contained
from tocsin.service.delivery.brake.figures import Figures, figures_of, published_units
from tocsin.service.delivery.brake.history import decided_parts, history_before, standing_shadows
from tocsin.service.delivery.brake.judge import Found, Limits, Why, parts_to_hold
from tocsin.service.delivery.brake.part import Part
from tocsin.service.delivery.models import Night

_MEMORY = "512MB"


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found. contained: of each part that is held."""

    figures: Figures
    found: tuple[Found, ...]
    contained: Mapping[Part, Contained]


def look_over(night: Night) -> Looked:
    """Count, compare, and look where the parts are that have to be held. Writes nothing of ours.

    Errors as of the store; RunError if published rows are missing.
    """
    home = installation.home()
    store = lake_store(home, installation.configuration())
    package = Package(home.root, night.day, night.revision)
    limits = limits_now()
    with folder_in(Room(scratch=home.service / "brake")) as scratch:
        room = Room(memory_limit=_MEMORY, scratch=scratch)
        figures = figures_of(published_units(package, store), limits.address_reports, room)
    found = _with_shadows(figures, limits, night)
    where = contained(published_units(package, store), [each.part for each in found])
    return Looked(figures, found, where)


def limits_now() -> Limits:
    """The settings."""
    said = installation.configuration().brake
    return Limits(
        factor=said.factor,
        least_rows=said.least_rows,
        least_reports=said.least_reports,
        least_days=said.least_days,
        share=said.address_percent / 100,
        address_reports=said.address_reports,
    )


def _with_shadows(figures: Figures, limits: Limits, night: Night) -> tuple[Found, ...]:
    history = history_before(night.day, figures.counts)
    held = {each.part: each for each in parts_to_hold(figures, history, limits)}
    for part in decided_parts(night):
        held.pop(part, None)
    for part in standing_shadows() & figures.counts.keys():
        known = held.get(part)
        rows, reports = (known.median_rows, known.median_reports) if known else (None, None)
        held[part] = Found(part, Why.SHADOW, figures.counts[part], rows, reports)
    return tuple(held[part] for part in sorted(held))
