"""The real web sites of domains, asked for their security.txt: over https, and no way out of it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tocsin.configuration.service import ProofRules
from tocsin.service.subscribers.abuse_contacts.security_txt import MOST_BYTES, SiteUnreachable
from tocsin.service.verification.guarded_http import GuardedHttp, Refused
from tocsin.service.verification.registry import RegistryUnreachable
from tocsin.service.verification.suffixes import registered_domain

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class WebSites:
    """See Sites. port: that of https, or another in tests."""

    http: GuardedHttp
    port: int = 443

    def text_at(self, domain: str, path: str) -> str | None:
        """See Sites. A redirect is followed within the domain that somebody registered.

        What is no plain text, which RFC 9116 demands, is a page that says that there is none.
        """
        place = domain if self.port == 443 else f"{domain}:{self.port}"
        try:
            answer = self.http.get(
                f"https://{place}{path}", may_follow=lambda url: is_within(domain, url)
            )
        except (Refused, RegistryUnreachable) as error:
            raise SiteUnreachable(error.what, where=domain, todo="try later") from error
        if answer.status == 429 or answer.status >= 500:
            raise SiteUnreachable(f"status {answer.status}", where=domain, todo="try later")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status != 200 or kind != "text/plain":
            return None
        return answer.content.decode("utf-8", "replace")


def is_within(domain: str, url: str) -> bool:
    """Whether an address of the web is of the domain, or of one that its owner registered with it.

    A domain below which others register theirs (`co.uk`) has nothing but itself.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    own = registered_domain(domain)
    return host == domain or (bool(own) and registered_domain(host) == own)


def sites_of(rules: ProofRules) -> WebSites:
    """As the configuration says."""
    return WebSites(
        GuardedHttp(
            loopback_allowed=rules.loopback_allowed, seconds=_SECONDS, most_bytes=MOST_BYTES
        )
    )
