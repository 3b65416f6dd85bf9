"""What in a mail was written now, what is quoted, and what stands below every mail."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tocsin.service.mailbox.reading.words import words

_LONGEST_SIGNATURE = 18
_LONGEST_SIGN_OFF = 60
_HEADERS_WITHIN = 6
_LOOKS_LIKE_NETWORK = re.compile(r"\bASN?[ :#-]?[1-9]\d|\d/\d|@", re.IGNORECASE)
_RULE = re.compile(r"[\s_=*-]{5,}")
_NOT_LETTERS = " \t,.!-–—:;*_~。！、，"


@dataclass
class Layout:
    """Lines of a mail by what they are."""

    body: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)


def laid_out(text: str) -> Layout:
    """Take a mail apart. Every line ends in exactly one of the three."""
    now, quoted = _without_quotes(text.split("\n"))
    at = _signature_at(now)
    below = now[at:]
    postscript = next((at + i for i, line in enumerate(below) if _is_postscript(line)), len(now))
    return Layout(now[:at] + now[postscript:], now[at:postscript], quoted)


def _without_quotes(lines: list[str]) -> tuple[list[str], list[str]]:
    now: list[str] = []
    quoted: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.lstrip().startswith(">"):
            quoted.append(line)
            at += 1
        elif _begins_original(lines, at):
            quoted += lines[at:]
            break
        elif height := _intro_height(lines, at):
            quoted += lines[at : at + height]
            at += height
            if not _quote_follows(lines, at):
                quoted += lines[at:]
                break
        else:
            now.append(line)
            at += 1
    return now, quoted


def _intro_height(lines: list[str], at: int) -> int:
    """How many lines “On ... Jane wrote:” takes: one to three; 0 if there is none."""
    joined = ""
    for height, line in enumerate(lines[at : at + 3], 1):
        if not line.strip() or line.lstrip().startswith(">") or len(line) > 300:
            return 0
        joined = f"{joined} {line.strip().lower()}"
        if joined.endswith((":", "：")):
            known = height == 1 or _begins_intro(lines[at])
            return height if known and _is_intro(joined) else 0
    return 0


def _begins_intro(line: str) -> bool:
    first = line.strip().lower()
    return first[:1].isdigit() or first.startswith(words("layout")["intro_starts"])


def _is_intro(joined: str) -> bool:
    wrote = any(_holds(joined, each) for each in words("layout")["wrote"])
    return wrote and (any(each.isdigit() for each in joined) or "@" in joined)


def _holds(text: str, phrase: str) -> bool:
    at = text.find(phrase)
    if at < 0:
        return False
    before, after = text[at - 1 : at], text[at + len(phrase) :][:1]
    return not phrase[0].isascii() or not (before.isalpha() or after.isalpha())


def _quote_follows(lines: list[str], at: int) -> bool:
    following = (line for line in lines[at : at + 4] if line.strip())
    return next(following, "").lstrip().startswith(">")


def _begins_original(lines: list[str], at: int) -> bool:
    """Whether an earlier mail follows whole, with its headers, as Outlook quotes."""
    line = lines[at].strip().lower().lstrip("*")
    if line.startswith(words("layout")["originals"]):
        return True
    if not _is_header(line, frozenset(words("layout")["header_from"])):
        return False
    rest = [each.strip().lower().lstrip("*") for each in lines[at + 1 : at + _HEADERS_WITHIN]]
    others = frozenset(words("layout")["header_others"])
    return sum(_is_header(each, others) for each in rest) >= 2


def _is_header(line: str, labels: frozenset[str]) -> bool:
    label, colon, rest = line[:_LONGEST_SIGN_OFF].replace("：", ":").partition(":")
    return bool(colon and rest.strip(" *")) and label.strip(" *") in labels


def _signature_at(lines: list[str]) -> int:
    """Index of the first line of signature or disclaimer; the number of lines if there is none."""
    end = next((i for i, line in enumerate(lines) if _is_disclaimer(line)), len(lines))
    for at, line in enumerate(lines[:end]):
        if line.rstrip("\n") in ("-- ", "--"):
            return _with_sign_off(lines, at)
    filled = [i for i in range(end) if lines[i].strip()]
    for at in reversed(filled[-_LONGEST_SIGNATURE:]):
        if _is_sign_off(lines[at], "sign_offs") or (
            _is_sign_off(lines[at], "weak_sign_offs") and not _has_networks(lines[at + 1 : end])
        ):
            return _with_sign_off(lines, at)
    return end


def _with_sign_off(lines: list[str], at: int) -> int:
    """Also what stands between a sign-off a few lines above and the mark of the signature."""
    for above in range(max(0, at - 5), at):
        if _is_sign_off(lines[above], "sign_offs") or _is_sign_off(lines[above], "weak_sign_offs"):
            return above if not _has_networks(lines[above + 1 : at]) else at
    return at


def _has_networks(lines: list[str]) -> bool:
    return any(_LOOKS_LIKE_NETWORK.search(line[:500]) for line in lines)


def sign_off_rest(line: str) -> str | None:
    """What follows the words of a sign-off in their line; None if the line is no sign-off."""
    said = " ".join(line.split()).strip(_NOT_LETTERS)
    lowered = said.lower()
    if len(said) > _LONGEST_SIGN_OFF or len(lowered) != len(said):
        return None
    for each in (*words("layout")["sign_offs"], *words("layout")["weak_sign_offs"]):
        if lowered == each:
            return ""
        if lowered.startswith(f"{each},"):
            return said[len(each) :].strip(_NOT_LETTERS)
    return None


def _is_sign_off(line: str, which: str) -> bool:
    said = " ".join(line[: 2 * _LONGEST_SIGN_OFF].split()).strip(_NOT_LETTERS).lower()
    if not said or len(said) > _LONGEST_SIGN_OFF:
        return False
    return any(
        said == each or said.startswith((f"{each},", f"{each} /"))
        for each in words("layout")[which]
    )


def _is_disclaimer(line: str) -> bool:
    return line.strip(" *_\t").lower().startswith(words("layout")["disclaimers"])


def _is_postscript(line: str) -> bool:
    first = line.strip()[:8].lower().replace(":", " ").split(" ")[0]
    return first in words("layout")["postscripts"]


def is_rule(line: str) -> bool:
    """Whether a line is only drawn."""
    return bool(_RULE.fullmatch(line[:200]))
