"""Names of people and of organisations, as mails tell them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.service.mailbox.reading.draft import as_written
from tocsin.service.mailbox.reading.layout import sign_off_rest
from tocsin.service.mailbox.reading.phrases import phrases_of
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.mailbox.reading.words import words
from tocsin.service.texts import harmless

_LONGEST = 200
_CJK = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,8}(?:[ \u3000][\u3040-\u30ff\u3400-\u9fff]{1,6})?"
)
_NAME_PART = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*\.?")
_INITIAL = re.compile(r"(?:[^\W\d_]\.){1,3}")
_BRACKETS = re.compile(r"\s*[(\[<][^)\]>]{0,100}[)\]>]")


def person(said: str) -> str:
    """The full name in a text that may be one; empty if it is none: one word alone is not full."""
    text = _BRACKETS.sub("", said[:_LONGEST])
    text = re.split(r"\s(?:via|/|\||–|-|@)\s|[|/;\t]", text)[0]
    family, comma, given = text.partition(",")
    text = " ".join(text.split()).strip(" ,.*_\"'-–—")
    if comma and given.strip():
        other = " ".join(given.split())
        if _is_title(other) or _parts_count(family) > 1:
            text = family.strip(" *_\"'-–—")
        elif _parts_count(other) in (1, 2) and not _is_office(other):
            text = f"{other} {family.strip()}"
        else:
            text = family.strip()
    return text if _is_name(text) else ""


def _is_title(text: str) -> bool:
    return text.lower().strip(".") in words("people")["after_name"]


def _is_name(text: str) -> bool:
    if _CJK.fullmatch(text):
        return not _is_office(text)
    parts = text.split(" ")
    if not 2 <= len(parts) <= 6 or len(text) > 80:
        return False
    if not all(_NAME_PART.fullmatch(each) or _INITIAL.fullmatch(each) for each in parts):
        return False
    small = words("people")["within_name"]
    capital = [each for each in parts if each.lower() not in small]
    return (
        len(capital) >= 2
        and all(each[0].isupper() or not (each[0].islower()) for each in capital)
        and not _is_office(text)
    )


def _is_office(text: str) -> bool:
    """Whether the words name an office or a company rather than a person."""
    parts = re.split(r"[\s\-_.&]+", text.lower())
    return any(each in words("people")["not_a_person"] for each in parts) or is_organisation(text)


def _parts_count(text: str) -> int:
    return len(text.split())


def is_organisation(text: str) -> bool:
    """Whether a line is, by its words, the name of an organisation."""
    parts = [each.strip(".,()") for each in re.split(r"[\s\-/]+", text.lower())]
    known = words("people")["of_organisation"]
    stems = words("people")["stem_of_organisation"]
    return any(each in known or each.startswith(stems) or each.endswith(stems) for each in parts)


def signed(signature: str) -> tuple[str, str]:
    """Full name and organisation in a signature; empty what it does not tell."""
    name, organisation = "", ""
    lines = [each.strip(" *_\t") for each in signature.split("\n")]
    for line in lines[:12]:
        rest = sign_off_rest(line)
        said = line if rest is None else rest
        if not said or said in ("--", "-"):
            continue
        if not name and (found := person(said)):
            name = found
            organisation = organisation or _behind_name(said, found)
        elif not organisation and _is_line_of_organisation(said):
            organisation = last_of_organisation(said)
    return name, organisation


def _behind_name(said: str, name: str) -> str:
    """Jane Doe, Example ISP; Jane Doe | Example ISP."""
    rest = said.partition(name)[2].strip(" ,|/-–—()")
    return last_of_organisation(rest) if rest and is_organisation(rest) else ""


def _is_line_of_organisation(line: str) -> bool:
    plain = len(line) <= 100 and "@" not in line and "://" not in line and not line.endswith(".:")
    return plain and line[:1].isupper() and is_organisation(line) and ":" not in line


def last_of_organisation(line: str) -> str:
    """NOC, Example ISP -> Example ISP: the last part that names an organisation."""
    parts = [each.strip() for each in re.split(r"\s[|/–—-]\s|\||,\s(?!Ltd|Inc|LLC|S\.)", line)]
    named = [each for each in parts if is_organisation(each)]
    best = named[-1] if named else line
    return harmless(best.strip(" ,;*_"), _LONGEST)


def introduced(tokens: Sequence[Token]) -> tuple[str, str]:
    """Full name and organisation that a sentence tells: “my name is”, “on behalf of”."""
    name, organisation = "", ""
    for found in phrases_of("request", "name_is", "organisation_").find(tokens):
        if found.meaning == "name_is" and not name:
            said = proper(tokens, found.end, "within_name")
            name = person(as_written(said))
            if name:
                organisation = organisation or _works_at(tokens, found.end + len(said))
        elif found.meaning.startswith("organisation_") and not organisation:
            organisation = _proper_text(proper(tokens, found.end))
            if found.meaning == "organisation_may_be" and person(organisation):
                organisation = ""
    return name, organisation


def _works_at(tokens: Sequence[Token], at: int) -> str:
    """Jane Doe from Example ISP; Jane Doe, head of security at Example ISP."""
    for here in range(at, min(at + 10, len(tokens))):
        token = tokens[here]
        if token.kind not in (Kind.WORD, Kind.MARK, Kind.BREAK):
            return ""
        if token.value in words("request")["works_at"]:
            said = proper(tokens, here + 1)
            if said:
                return _proper_text(said)
    return ""


def proper(tokens: Sequence[Token], at: int, small: str = "within_organisation") -> list[Token]:
    """The words of a name from `at` on: capitals, and the small words between them."""
    kept: list[Token] = []
    here = at
    while here < len(tokens) and len(kept) < 12:
        token = tokens[here]
        if token.kind is Kind.BREAK:
            here += 1
            continue
        if token.kind is Kind.STOP and kept and _is_short(kept[-1]):
            kept.append(token)
            if len(kept[-2].text) > 1:
                break  # a legal form ends the name, and often the sentence
            here += 1
            continue
        if not _is_proper(token) and not _joins(tokens, here, small):
            break
        kept.append(token)
        here += 1
    return kept


def _is_short(token: Token) -> bool:
    return len(token.text) == 1 or token.value in words("people")["short_form"]


def _is_proper(token: Token) -> bool:
    if token.kind is Kind.DOMAIN:
        return token.text[:1].isupper()
    return token.kind is Kind.WORD and (
        token.text[0].isupper() or not (token.text[0].islower() or token.text[0].isdigit())
    )


def _joins(tokens: Sequence[Token], at: int, within: str) -> bool:
    token = tokens[at]
    small = token.kind is Kind.WORD and token.value in words("people")[within]
    if not small and token.text != "&":
        return False
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    return following is not None and (
        _is_proper(following) or following.value in words("people")[within]
    )


def _proper_text(said: Sequence[Token]) -> str:
    kept = list(said)
    while kept and kept[0].value in words("people")["article"]:
        kept = kept[1:]
    return harmless(as_written(kept), _LONGEST)
