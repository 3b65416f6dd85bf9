"""Those who are told without having asked: whether they still are, and what is said to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tocsin.service import installation
from tocsin.service.delivery.brake.withheld import Cuts, cuts_of
from tocsin.service.delivery.compose.body import Stranger
from tocsin.service.delivery.contact_standing import Answering, Key, answering
from tocsin.service.delivery.models import Delivery, NightList, Report
from tocsin.service.delivery.share import Standing
from tocsin.service.languages import shared_language, words
from tocsin.service.letters.compose import link_to
from tocsin.service.subscribers.abuse_contacts.find import policies
from tocsin.service.subscribers.abuse_contacts.policies import Policy, policy_for
from tocsin.service.subscribers.abuse_contacts.subscriptions import is_automatic
from tocsin.service.subscribers.abuse_contacts.switching import OPT_OUT, opt_out_reference
from tocsin.service.subscribers.models import AbuseContact

_SHOWN = 10
"""Networks that a letter names; some contacts answer for thousands."""


@dataclass(frozen=True, slots=True)
class Strangers:
    """Who answers for the lists of a batch, by night and list, and what policies say now.

    cuts: what is held, dropped or recalled of these.
    """

    answering: Mapping[Key, Answering]
    policies: Sequence[Policy]
    cuts: Mapping[Key, Cuts] = field(default_factory=dict)

    @classmethod
    def of(cls, then: Sequence[NightList], now: dt.datetime) -> Strangers:
        """Ask the database, if there are lists of contacts among them."""
        ours = [each for each in then if is_automatic(each.list)]
        return cls(answering(ours, now), policies(), cuts_of(ours)) if ours else cls({}, ())

    @property
    def standing(self) -> dict[Key, Standing]:
        """How the lists stand now; one that nobody answers for is left out."""
        return {
            key: replace(each.standing, cuts=self.cuts.get(key, ()))
            for key, each in self.answering.items()
        }

    def why_not(self, delivery: Delivery) -> str:
        """Why a delivery to a contact may not go out now, whatever is in it; "" if it may."""
        answer = {each.contact.address for each in self.answering.values()}
        gone = delivery.contact is None or delivery.contact.address not in answer
        return "contact_gone" if gone else ""

    def is_told(self, delivery: Delivery, report: Report) -> bool:
        """Whether a policy says now that this address is told of the report, or gets a copy."""
        who = self.answering.get((report.night_id, report.list))
        if who is None or delivery.contact is None:
            return False
        policy = self._policy(report)
        theirs = who.contact.address == delivery.contact.address
        is_copy = delivery.address != delivery.contact.address
        return theirs and policy.notify and (not is_copy or policy.cc == delivery.address)

    def stranger(self, delivery: Delivery, reports: Sequence[Report]) -> Stranger:
        """What a letter says of whom it is for."""
        contact = delivery.contact
        assert contact is not None  # noqa: S101 - without one it has been dropped
        networks = sorted(self._networks(reports))
        is_copy = delivery.address != contact.address
        language = self._language(reports)
        return Stranger(
            address=contact.address,
            origin=words(language).origins[contact.origin],
            networks=tuple(networks[:_SHOWN]),
            more=max(0, len(networks) - _SHOWN),
            opt_out="" if is_copy else _opt_out(contact),
            language=language,
        )

    def _language(self, reports: Sequence[Report]) -> str:
        """That of the policies by which somebody is told of them."""
        return shared_language(self._policy(each).language for each in reports)

    def _policy(self, report: Report) -> Policy:
        country = self.answering[report.night_id, report.list].contact.country
        return policy_for(self.policies, country, report.report_type)

    def _networks(self, reports: Sequence[Report]) -> set[str]:
        """Of the lists that brought something, as they are now."""
        found: set[str] = set()
        for each in reports:
            held = self.answering[each.night_id, each.list].standing.list
            found |= {str(network) for network in held.networks} if held is not None else set()
        return found


def _opt_out(contact: AbuseContact) -> str:
    return link_to(OPT_OUT, opt_out_reference(contact), installation.secret())
