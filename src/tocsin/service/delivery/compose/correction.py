"""The message by which rows are taken back: which they are, by event, and why."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.service import installation
from tocsin.service.delivery.compose.attachment import Attachment, TooLarge, plain, zipped
from tocsin.service.delivery.compose.body import Stranger
from tocsin.service.delivery.compose.plain_text import plain_text
from tocsin.service.delivery.compose.with_pictures import MessageWithPictures
from tocsin.service.delivery.files import Preference
from tocsin.service.delivery.models import Delivery
from tocsin.service.delivery.recalled import Recalled
from tocsin.service.subscribers.models.mailing_list import ReportFormat

_LISTED = 100
"""Events that are named in the text; the files name all."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is taken back, how the files are wanted, by which headers a person leaves.

    stranger: of a message to one who has not asked.
    """

    recalled: Sequence[Recalled]
    wanted: Preference
    unsubscribe: Mapping[str, str]
    stranger: Stranger | None = None


def correction(delivery: Delivery, said: Correction) -> MessageWithPictures:
    """The message; its files are as the list prefers them, none if it takes links alone."""
    mailing_list, recall = delivery.list, delivery.recall
    assert recall is not None  # noqa: S101 - of a correction
    files = _files(said)
    events = [event for each in said.recalled for event in each.events]
    context = {
        "service": installation.configuration().service.name,
        "portal": installation.configuration().service.address,
        "list": str(mailing_list or ""),
        "name": mailing_list.name if mailing_list is not None else "",
        "first": recall.first_day,
        "last": recall.last_day,
        "reason": recall.reason,
        "number": recall.pk,
        "reports": said.recalled,
        "events": events[:_LISTED],
        "count": sum(each.rows for each in said.recalled),
        "more": max(0, len(events) - _LISTED),
        "gone": any(not each.is_kept for each in said.recalled),
        "files": bool(files),
        "fetched": delivery.person_id is not None,
        "stranger": said.stranger,
        "leave": said.unsubscribe.get("List-Unsubscribe", "").strip("<>"),
    }
    text = "correction" if said.stranger is None else "correction_to_contact"
    message = plain_text(delivery, text, context, said.unsubscribe, said.stranger)
    for each in files:
        message.attach(each.name, each.content, each.mime)
    return message


def _files(said: Correction) -> list[Attachment]:
    if said.wanted.format == ReportFormat.LINK:
        return []
    most = installation.configuration().delivery.largest_attachment
    found: list[Attachment] = []
    for each in said.recalled:
        if not each.is_kept:
            continue
        name = f"{each.file.removesuffix('.csv')}-recalled.csv"
        if any(made.name.startswith(name) for made in found):
            name = f"{each.file.removesuffix('.csv')}-r{each.revision}-recalled.csv"
        # What is too large to be attached is named in the text, as far as that goes.
        with contextlib.suppress(TooLarge):
            found.append(
                zipped(f"{name}.zip", [(name, [each.content])], most)
                if said.wanted.compressed
                else plain(name, [each.content], "text/csv", most)
            )
    return found
