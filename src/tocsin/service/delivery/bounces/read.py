"""Reading what comes back, from bytes: RFC 3464, RFC 5965, and what servers send instead."""

from __future__ import annotations

import re

from tocsin.service.delivery.bounces.bounce import (
    Action,
    Bounce,
    CameBack,
    Complaint,
    Fate,
    NotReturned,
    Traces,
)
from tocsin.service.delivery.bounces.phrases import folded, has, phrases, verdict_of
from tocsin.service.delivery.bounces.pieces import Fields, blocks_of, people_text, traces_of
from tocsin.service.mailbox.header_facts import HeaderFacts, read_header
from tocsin.service.mailbox.parsing import parse
from tocsin.service.mailbox.words import words
from tocsin.service.texts import harmless

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'@]{1,64}@[A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_POSTMEN = re.compile(
    r"(mailer-daemon|mail-daemon|postmaster|mailerdaemon|maildaemon|microsoftexchange\w*"
    r"|mail-delivery\w*|mdaemon|bounces?([+-].*)?)@"
)
_ACTIONS = {
    "failed": Action.FAILED,
    "failure": Action.FAILED,
    "delayed": Action.DELAYED,
    "relayed": Action.RELAYED,
    "expanded": Action.RELAYED,
    "delivered": Action.DELIVERED,
}
_BY_CLASS = {"5": Action.FAILED, "4": Action.DELAYED, "2": Action.RELAYED}
_TOP = 400
"""So many letters of a text tell what kind it is."""


def read_returned(raw: bytes) -> CameBack:
    """What a message says that came to where messages come back to. Malformed as `parse` raises."""
    message = parse(raw)
    header = read_header(raw)
    traces = traces_of(raw, message)
    feedback = blocks_of(message, "message/feedback-report")
    if feedback:
        return Complaint(_feedback_type(feedback), traces)
    text = people_text(message)
    fates = _from_fields(blocks_of(message, "message/delivery-status"), text)
    if fates:
        return Bounce(fates, traces)
    return _from_words(header, text, traces) or _from_nobody(header, text)


def _feedback_type(blocks: list[Fields]) -> str:
    said = next((each["feedback-type"] for each in blocks if "feedback-type" in each), "other")
    return harmless(said, 40).lower()


def _from_fields(blocks: list[Fields], text: str) -> tuple[Fate, ...]:
    """A fate for each recipient that the fields for machines tell of."""
    about = [each for each in blocks if "final-recipient" in each or "original-recipient" in each]
    for_people = phrases().without_copy(text)
    return tuple(_fate(each, for_people) for each in about)


def _fate(fields: Fields, for_people: str) -> Fate:
    said = _without_type(fields.get("diagnostic-code", ""))
    found = _STATUS.search(fields.get("status", "")) or _STATUS.search(said)
    status = found[1] if found else ""
    words_of_server = f"{said} {fields.get('x-supplementary-info', '')}"
    return Fate(
        recipient=_address(fields.get("final-recipient", "")),
        original=_address(fields.get("original-recipient", "")),
        action=_action(fields.get("action", ""), status),
        verdict=verdict_of(status, words_of_server, for_people),
        status=status,
        said=said or harmless(for_people, 500),
    )


def _action(said: str, status: str) -> Action:
    word = re.match(r"[a-z]*", said.strip().lower())
    known = _ACTIONS.get(word[0]) if word else None
    return known or _BY_CLASS.get(status[:1], Action.FAILED)


def _without_type(said: str) -> str:
    """`smtp; 550 ...` is 550 ..."""
    kind, semicolon, rest = said.partition(";")
    return rest.strip() if semicolon and re.fullmatch(r"[\w -]{1,20}", kind) else said.strip()


def _address(said: str) -> str:
    """`rfc822; <noc@example.org>` is noc@example.org."""
    text = _without_type(said).strip("<> \t").lower()
    found = _ADDRESS.search(text)
    return found[0] if found else ""


def _from_words(header: HeaderFacts, text: str, traces: Traces) -> Bounce | None:
    """A message given back in words alone; None if it is none."""
    own = phrases().without_copy(text)
    failed = header.first("x-failed-recipients")
    if not failed and not _gives_back(header, own):
        return None
    top = folded(f"{header.subject}\n{own}")
    status = _STATUS.search(own)
    fate = Fate(
        recipient=_address(failed) if failed else _first_address(own),
        original="",
        action=Action.DELAYED if has(top, phrases().delayed) else Action.FAILED,
        verdict=verdict_of(status[1] if status else "", own),
        status=status[1] if status else "",
        said=harmless(own, 500),
    )
    return Bounce((fate,), traces)


def _gives_back(header: HeaderFacts, own: str) -> bool:
    """Whether the sender is a mail server, or what it says can be of no one else."""
    subject, top = folded(header.subject), folded(own[:_TOP])
    known = phrases().returned
    if _is_automatic_reply(header) or has(top, phrases().challenges):
        return False
    from_postman = bool(_POSTMEN.match(header.from_address)) or header.return_path == ""
    return has(subject, known) or (from_postman and has(top, (*known, *phrases().delayed)))


def _is_automatic_reply(header: HeaderFacts) -> bool:
    said = header.first("auto-submitted").strip().lower()
    replies = said.startswith("auto-replied") and not _POSTMEN.match(header.from_address)
    named = any(each in header.values for each in ("x-autoreply", "x-autorespond", "x-vacation"))
    return (replies or named) and not has(folded(header.subject), phrases().returned)


def _from_nobody(header: HeaderFacts, text: str) -> NotReturned:
    if has(folded(text), phrases().challenges):
        return NotReturned("challenge", "It wants to be shown that a person wrote.")
    automatic = header.first("auto-submitted").lower().startswith("auto")
    if automatic or _is_automatic_reply(header) or words().is_automatic_subject(header.subject):
        return NotReturned("automatic", "It is an automatic reply.")
    return NotReturned("returned_unclear", "It gives no message back, so far as it can be read.")


def _first_address(text: str) -> str:
    """The first address that is none of a mail server."""
    for found in _ADDRESS.finditer(text):
        address = found[0].lower()
        if not _POSTMEN.match(address) and "+" not in address:
            return address
    return ""
