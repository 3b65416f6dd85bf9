"""The steps of a change, as values: what was done to which row, and how it was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Did(StrEnum):
    """What a step did. The first eight give something, and are taken back when somebody objects."""

    NETWORK_ADDED = "network_added"
    CONTACT_ADDED = "contact_added"
    CONTACT_PROMOTED = "contact_promoted"
    RECIPIENT_ADDED = "recipient_added"
    LIST_MADE = "list_made"
    KEY_MADE = "key_made"
    OPENPGP_SET = "openpgp_set"
    WEBHOOK_MADE = "webhook_made"
    NETWORK_ASKED = "network_asked"
    NETWORK_ENDED = "network_ended"
    CONTACT_REMOVED = "contact_removed"
    CONTACT_DEMOTED = "contact_demoted"
    RECIPIENT_REMOVED = "recipient_removed"
    PREFERENCE_SET = "preference_set"
    LIST_CHANGED = "list_changed"
    LIST_ENDED = "list_ended"
    OPENPGP_REMOVED = "openpgp_removed"
    OPENPGP_REVOKED = "openpgp_revoked"
    KEY_REVOKED = "key_revoked"
    WEBHOOK_ENDED = "webhook_ended"


GIVES = (
    Did.NETWORK_ADDED,
    Did.CONTACT_ADDED,
    Did.CONTACT_PROMOTED,
    Did.RECIPIENT_ADDED,
    Did.LIST_MADE,
    Did.KEY_MADE,
    Did.OPENPGP_SET,
    Did.WEBHOOK_MADE,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done. row: its number. line: in words. before: columns as they were."""

    did: Did
    row: int
    line: str
    before: Mapping[str, Any] = field(default_factory=dict)


def to_json(step: Step) -> dict[str, Any]:
    """As it is stored."""
    return {"did": step.did.value, "row": step.row, "line": step.line, "before": dict(step.before)}


def from_json(said: Mapping[str, Any]) -> Step:
    """As `to_json` wrote it."""
    return Step(Did(said["did"]), said["row"], said["line"], said["before"])
