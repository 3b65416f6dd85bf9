"""What DKIM, SPF and DMARC say of a message: evidence, never authority.

Signatures are verified here. SPF is a matter of the server that the message came to first: what
it found is read from its `Authentication-Results`, if the operator has named it; if that server is
our own listener, what `met_spf` finds counts. Alignment is
found here: the library that would do it takes the domain of `a@example.org-b.example.net` for
`example.org`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import dkim
from authres import AuthenticationResultsHeader
from authres.core import AuthResError
from publicsuffixlist import PublicSuffixList

from tocsin.model.errors import TransientError
from tocsin.service.mailbox.header_facts import HeaderFacts
from tocsin.service.texts import harmless
from tocsin.service.verification.spf import SpfDns, spf_of

Texts = Callable[[str], tuple[str, ...]]
"""The TXT records of a name; TransientError if the DNS does not answer."""

MOST_SIGNATURES = 5
_LONGEST_RECORD = 2048
"""A key of 8,192 bits takes 1,400 letters; a longer one only takes time."""

_LONGEST_BLANKS = b" " * 256
"""Signatures over longer runs of blanks are not verified: the library takes quadratic time."""

_METHODS = ("spf", "dkim", "dmarc")


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM signature: its domain, and pass, fail, temperror or not_checked."""

    domain: str
    result: str


@dataclass(frozen=True, slots=True)
class Met:
    """Who handed a message to us as the first server: address, envelope's sender, name told."""

    peer: str
    sender: str
    helo: str


def met_spf(dns: SpfDns, met: Met) -> dict[str, str]:
    """What SPF says of whom our listener met."""
    found = spf_of(dns, ipaddress.ip_address(met.peer), met.sender, met.helo)
    return {"result": found.result, "domain": harmless(found.domain, 253), "peer": met.peer}


def evidence_of(
    raw: bytes,
    header: HeaderFacts,
    texts: Texts,
    trusted: tuple[str, ...],
    met: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """All that is known, as JSON; `aligned` tells whether the domain of From is vouched for.

    met: what SPF says of the server that our listener met, if it was the first to have the message.
    """
    signatures = verified(raw, header, texts)
    told = results_told(header, trusted)
    domain = header.from_address.rpartition("@")[2]
    aligned = [
        each.domain
        for each in signatures
        if each.result == "pass" and is_aligned(each.domain, domain)
    ]
    by_spf = met or told.get("spf", {})
    if by_spf.get("result") == "pass" and is_aligned(str(by_spf.get("domain", "")), domain):
        aligned.append(f"spf {by_spf['domain']}")
    return {
        "domain": domain,
        "dkim": [{"domain": each.domain, "result": each.result} for each in signatures],
        "spf": dict(by_spf) or {"result": "not_checked"},
        "dmarc": _dmarc(domain, texts, passed=bool(aligned)),
        "told": told,
        "aligned": bool(aligned),
        "aligned_by": aligned,
    }


def verified(raw: bytes, header: HeaderFacts, texts: Texts) -> tuple[Signature, ...]:
    """The first signatures of a message, each verified."""
    number = min(len(header.values.get("dkim-signature", ())), MOST_SIGNATURES)
    if not number:
        return ()
    checkable = _LONGEST_BLANKS not in raw.replace(b"\t", b" ")
    return tuple(_verify(raw, each, texts, checkable=checkable) for each in range(number))


def _verify(raw: bytes, index: int, texts: Texts, *, checkable: bool) -> Signature:
    reached = True

    def record(name: bytes, timeout: float = 5) -> bytes | None:  # noqa: ARG001 - dkimpy's form
        nonlocal reached
        try:
            found = texts(name.decode("ascii").rstrip(".").lower())
        except TransientError:
            reached = False
            return None
        fitting = [each for each in found if "p=" in each and len(each) <= _LONGEST_RECORD]
        return fitting[0].encode() if fitting else None

    result, signature = "not_checked", None
    try:
        signature = dkim.DKIM(raw)
        if checkable:
            result = "pass" if signature.verify(index, dnsfunc=record) else "fail"
    except (
        dkim.DKIMException, ValueError, LookupError, TypeError, AttributeError, RecursionError
    ):  # fmt: skip
        result = "fail"
    fields = getattr(signature, "signature_fields", {}) or {}
    domain = harmless(fields.get(b"d", b"").decode("ascii", "replace"), 253).lower()
    # `l=` leaves the end of the body to whoever likes to add to it.
    if result == "pass" and b"l" in fields:
        result = "partial"
    return Signature(domain, result if reached else "temperror")


def results_told(header: HeaderFacts, trusted: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """What a trusted server found, by method; its topmost line counts."""
    told: dict[str, dict[str, str]] = {}
    for value in header.values.get("authentication-results", ())[:20]:
        for method, result, domain in _results(value, trusted):
            told.setdefault(method, {"result": result, "domain": domain})
    return told


def _results(value: str, trusted: tuple[str, ...]) -> list[tuple[str, str, str]]:
    line = " ".join(value.split())
    try:
        parsed = AuthenticationResultsHeader.parse(f"Authentication-Results: {line}")
    except (AuthResError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []
    if str(parsed.authserv_id).lower() not in {each.lower() for each in trusted}:
        return []
    return [
        (each.method, harmless(str(each.result), 20).lower(), _domain_of(each))
        for each in parsed.results
        if getattr(each, "method", "") in _METHODS
    ]


def _domain_of(result: Any) -> str:
    wanted = {"spf": "mailfrom", "dkim": "d", "dmarc": "from"}[result.method]
    for each in result.properties:
        if each.name == wanted:
            return harmless(str(each.value), 320).rpartition("@")[2].lower()
    return ""


def is_aligned(one: str, other: str) -> bool:
    """Whether two domains belong to one organisation, as DMARC sees it (relaxed)."""
    known = organisational(one)
    return bool(known) and known == organisational(other)


def organisational(domain: str) -> str:
    """The domain that somebody registered; "" for what is none, or is open to all."""
    return _suffixes().privatesuffix(domain.lower().rstrip(".")) or "" if domain else ""


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _dmarc(domain: str, texts: Texts, *, passed: bool) -> Mapping[str, str]:
    if not domain:
        return {"result": "none", "policy": ""}
    try:
        policy = _policy(domain, texts)
    except TransientError:
        return {"result": "temperror", "policy": ""}
    if not policy:
        return {"result": "none", "policy": ""}
    return {"result": "pass" if passed else "fail", "policy": policy}


def _policy(domain: str, texts: Texts) -> str:
    for each in dict.fromkeys((domain, organisational(domain))):
        records = [text for text in texts(f"_dmarc.{each}") if re.match(r"v=DMARC1\s*(;|$)", text)]
        if each and len(records) == 1:
            found = re.search(r";\s*p\s*=\s*(none|quarantine|reject)\b", records[0].lower())
            return found[1] if found else ""
    return ""
