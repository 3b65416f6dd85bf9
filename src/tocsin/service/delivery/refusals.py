"""What a refusal of the mail server means: later, never, or not with that file."""

from __future__ import annotations

import re
from enum import StrEnum


class Verdict(StrEnum):
    """What is done after a refusal."""

    LATER = "later"
    NEVER = "never"
    WITHOUT_FILES = "without_files"


_FIRST_PERMANENT = 500
_TOO_LARGE = (552, 523)
_ENHANCED = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
_OF_SIZE_OR_MEDIA = re.compile(r"\b5\.(3\.4|2\.3|6\.\d{1,3})\b")
_OF_POLICY = re.compile(r"\b5\.7\.\d{1,3}\b")
_OF_FILES = re.compile(
    r"attach|virus|malware|infected|archive|\bzip|banned|executable|file ?(name|type|ext)"
    r"|content (reject|block|not (allowed|permitted)|filter|scan)"
    r"|(reject|refus|block)\w* (by|for|due to) .{0,40}(content|file)",
    re.IGNORECASE,
)
_MAILBOX_FULL = re.compile(r"\b5\.2\.2\b|mailbox (is )?full|quota", re.IGNORECASE)


def verdict_on(code: int, said: str, *, has_files: bool) -> Verdict:
    """Judge a reply that is no yes. said: its text, which servers word as they like.

    4xx is later (RFC 5321, 4.2.1). A message that may have been refused for its files goes once
    more without them: for its size (552, 5.3.4, 5.2.3), its media (5.6.x), or a policy (5.7.x, 554)
    that names files or content. A full mailbox takes no smaller message either.
    """
    if code < _FIRST_PERMANENT:
        return Verdict.LATER
    if has_files and _is_of_files(code, said):
        return Verdict.WITHOUT_FILES
    return Verdict.NEVER


def _is_of_files(code: int, said: str) -> bool:
    if _MAILBOX_FULL.search(said):
        return False
    if code in _TOO_LARGE or _OF_SIZE_OR_MEDIA.search(said):
        return True
    speaks_of_policy = _OF_POLICY.search(said) or not _ENHANCED.search(said)
    return bool(speaks_of_policy and _OF_FILES.search(said))
