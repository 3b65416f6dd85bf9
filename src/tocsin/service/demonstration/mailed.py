"""The messages that lie in the folder of a demonstration, read for its mailbox page."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tocsin.service import installation

_LINK = re.compile(r"(https?://\S+)")
_NAME = re.compile(r"\d{6}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Mailed:
    """A message. `parts` of its text are texts and links in turn; `files`: their names.

    is_report: whether it went to a list, and is no letter of the service.
    """

    number: str
    recipient: str
    subject: str
    parts: tuple[str, ...]
    files: tuple[str, ...]
    has_html: bool
    is_report: bool


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message: its name, what it is, its bytes."""

    name: str
    mime: str
    content: bytes


def newest(wanted: str, most_letters: int, most_reports: int) -> tuple[list[Mailed], list[Mailed]]:
    """The newest letters and reports, to an address if one is wanted."""
    letters: list[Mailed] = []
    reports: list[Mailed] = []
    for path in _paths():
        header = email.message_from_bytes(_head(path), policy=email.policy.default)
        found, most = (reports, most_reports) if header["List-Id"] else (letters, most_letters)
        if len(found) < most and wanted in ("", str(header["To"])):
            found.append(_mailed(path))
        if len(letters) == most_letters and len(reports) == most_reports:
            break
    return letters, reports


def html_of(number: str) -> str:
    """The HTML part of a message; "" if there is none."""
    message = _message(number)
    body = message.get_body(("html",)) if message is not None else None
    return str(body.get_content()) if body is not None else ""


def file_of(number: str, place: int) -> File | None:
    """A file of a message by its place from 0 on, None if there is none."""
    message = _message(number)
    files = list(message.iter_attachments()) if message is not None else []
    return _file(files[place]) if place < len(files) else None


def picture_of(number: str, name: str) -> File | None:
    """A picture that the HTML part shows, by its Content-ID."""
    message = _message(number)
    for part in message.walk() if message is not None else ():
        if part.get("Content-ID") == f"<{name}>":
            return _file(part)
    return None


def _paths() -> Iterator[Path]:
    return iter(sorted(installation.unsent_mail().glob("[0-9]*.eml"), reverse=True))


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return b"".join(iter(stream.readline, b"\n"))


def _message(number: str) -> EmailMessage | None:
    # What stands in an address becomes a path only if it can be no other than one of ours.
    path = installation.unsent_mail() / f"{number}.eml"
    if not _NAME.fullmatch(number) or not path.is_file():
        return None
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _mailed(path: Path) -> Mailed:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    return Mailed(
        number=path.stem,
        recipient=str(message["To"]),
        subject=str(message["Subject"]),
        parts=tuple(_LINK.split(text)),
        files=tuple(each.get_filename() or "file" for each in message.iter_attachments()),
        has_html=message.get_body(("html",)) is not None,
        is_report=bool(message["List-Id"]),
    )


def _file(part: EmailMessage) -> File:
    content = part.get_payload(decode=True)
    return File(
        part.get_filename() or "file",
        part.get_content_type(),
        content if isinstance(content, bytes) else b"",
    )
