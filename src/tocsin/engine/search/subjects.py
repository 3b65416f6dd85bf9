"""Whether a unit has a row of some address at all, told without opening its rows.

Beside the index of a unit lies a list of its subjects, of which a search for addresses looks at a
few. Like the index it may be removed at any time, and one that is damaged is made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

import numpy as np

from tocsin.catalogue.entries import SubjectKind
from tocsin.engine.files import atomic_path
from tocsin.engine.lake.parquet import read_row_groups
from tocsin.engine.nightly.publish import SUBJECT
from tocsin.engine.search.conditions import Condition, network_of
from tocsin.engine.search.fields import Fields
from tocsin.engine.search.values import Place
from tocsin.model.address import MASK_64, Network, UInt64s

_HEAD = np.frombuffer(b"subject1", np.uint64)
"""What such a list begins with; behind it comes how many subjects it has."""

_making = Lock()


def subjects_path(index: Path) -> Path:
    """Where the list of a unit is kept whose index is there."""
    return index.with_suffix(".subjects")


def may_have(place: Place, conditions: Iterable[Condition], fields: Fields) -> bool:
    """Whether a place may have rows of the addresses that are asked for; if none are, it may.

    A subject that is a prefix is found by what it overlaps: of those nothing is told.
    """
    if place.report_type.subject.kind is not SubjectKind.ADDRESS:
        return True
    asked = [each for each in conditions if _of_subject(each, place, fields)]
    networks = [some for each in asked for some in _needed(each)]
    if not networks:
        return True
    subjects = subjects_of(place.rows, place.index)
    return all(any(_has(subjects, each) for each in some) for some in networks)


def _of_subject(condition: Condition, place: Place, fields: Fields) -> bool:
    column = fields.column(condition.field, place.report_type)
    return column is not None and column.name == place.report_type.subject.column


def _needed(condition: Condition) -> Iterable[list[Network]]:
    """Networks of which each row lies in one, for all that tell of networks alone."""
    for said in (condition.any_of, *((each,) for each in condition.every_of)):
        networks = [network for each in said if (network := network_of(each)) is not None]
        if networks and len(networks) == len(said):
            yield networks


def _has(subjects: UInt64s, network: Network) -> bool:
    """Whether a key is one that an address of the network may have."""
    first, last = _keys(network)
    start = int(np.searchsorted(subjects, np.uint64(first)))
    return start < len(subjects) and int(subjects[start]) <= last


def _keys(network: Network) -> tuple[int, int]:
    first, last = network.first, network.last
    if last >> 64 == 0:
        return first & MASK_64, last & MASK_64
    if first >> 64 == 0:
        # Keys of both kinds may lie in it.
        return 0, MASK_64
    return first >> 64, last >> 64


def subjects_of(rows: Path, index: Path) -> UInt64s:
    """The keys of a unit's subjects, ascending, `(keys,)`; made and kept if they are not.

    The key of an address is its upper half, or its lower one if that is 0, as in all of IPv4.
    """
    path = subjects_path(index)
    found = _read(path)
    if found is None:
        with _making:
            found = _read(path)
            if found is None:
                found = _made(rows)
                _write(found, path)
    return found


def _made(rows: Path) -> UInt64s:
    pieces = [np.zeros(0, np.uint64)]
    for piece in read_row_groups(rows, SUBJECT):
        known = piece.drop_null()
        hi, lo = (known.column(name).to_numpy().astype(np.uint64) for name in SUBJECT)
        pieces.append(np.unique(np.where(hi == 0, lo, hi)))
    return np.unique(np.concatenate(pieces))


def _write(subjects: UInt64s, path: Path) -> None:
    count = np.array([len(subjects)], np.uint64)
    with atomic_path(path) as temporary:
        temporary.write_bytes(np.concatenate([_HEAD, count, subjects]).tobytes())


def _read(path: Path) -> UInt64s | None:
    """What is kept, mapped; None if there is none, or none that is whole."""
    try:
        found = np.memmap(path, np.uint64, "r")
    except (FileNotFoundError, ValueError):
        return None
    head = len(_HEAD) + 1
    if len(found) < head or found[0] != _HEAD[0] or int(found[1]) != len(found) - head:
        return None
    return found[head:].view(np.ndarray)
