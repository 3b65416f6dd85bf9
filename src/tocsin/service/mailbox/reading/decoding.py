"""Bytes of a mail as text, also where what is said of their charset is missing or wrong."""

from __future__ import annotations

import codecs
from email.message import Message

MOST_BYTES = 300_000
"""What is read of one part: nobody writes more, and who does sends it as a file."""

_FAULTS = (ValueError, LookupError, AttributeError, TypeError, AssertionError)
"""What the standard library raises for headers and bodies that are no such thing."""

_NOT_FOR_MAIL = frozenset(
    (
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "utf_7",
        "mbcs",
        "oem",
    )
)
"""Codecs that Python knows, that no mail program writes, and that may take long or mislead."""

_SAID_BY_MISTAKE = frozenset(("ascii", "iso8859-1", "cp1252", "latin_1", "iso8859_1"))
"""Charsets that programs name without having looked."""


def content_type(part: Message) -> str:
    """Such as `text/plain`; that too if the header is broken."""
    try:
        return part.get_content_type()
    except _FAULTS:
        return "text/plain"


def parameter(part: Message, name: str) -> str:
    """A parameter of the content type, in small letters; empty if there is none."""
    try:
        return str(part.get_param(name, "") or "").strip().lower()
    except _FAULTS:
        return ""


def file_name(part: Message) -> str:
    """The name of an attached file; empty if there is none."""
    try:
        return str(part.get_filename("") or "")
    except _FAULTS:
        return ""


def is_attachment(part: Message) -> bool:
    """Whether the part is to be kept as a file rather than read with the text."""
    try:
        return part.get_content_disposition() == "attachment"
    except _FAULTS:
        return False


def text_of(part: Message) -> str:
    """The text of a part that is no multipart, at most MOST_BYTES of it."""
    try:
        payload = part.get_payload(decode=True)
    except _FAULTS:
        payload = part.get_payload()
    if isinstance(payload, str):
        return payload[:MOST_BYTES]
    if not isinstance(payload, bytes):
        return ""
    return decoded(payload[:MOST_BYTES], parameter(part, "charset"))


def decoded(content: bytes, charset: str) -> str:
    """The text: by its charset if that can be, else UTF-8, else Windows' western one."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    name = _codec(charset)
    for each in ("utf-8", name) if name in _SAID_BY_MISTAKE else (name, "utf-8"):
        try:
            return content.decode(each)
        except (UnicodeError, ValueError):
            continue
    # The cut at MOST_BYTES may go through a character: that alone makes it no other charset.
    best = content.decode(name if name not in _SAID_BY_MISTAKE else "cp1252", "replace")
    return best if best.count("\ufffd") < 3 else content.decode("cp1252", "replace")


def _codec(charset: str) -> str:
    try:
        found = codecs.lookup(charset or "utf-8")
    except (LookupError, ValueError):
        return "utf-8"
    wanted = found.name.replace("-", "_") not in _NOT_FOR_MAIL
    return found.name if wanted and found._is_text_encoding else "utf-8"
