"""Web sites without a network, with dials."""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.service.subscribers.abuse_contacts.security_txt import MOST_BYTES, SiteUnreachable


@dataclass(slots=True)
class FakeSites:
    """Texts by (domain, path). dead: domains that do not answer. asked: what was asked."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def text_at(self, domain: str, path: str) -> str | None:
        """See Sites."""
        self.asked.append((domain, path))
        if domain in self.dead:
            raise SiteUnreachable("does not answer", where=domain, todo="try later")
        text = self.texts.get((domain, path))
        return None if text is None else text[:MOST_BYTES]
