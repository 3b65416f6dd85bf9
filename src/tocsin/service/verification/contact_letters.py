"""The letter that asks a contact of the registry whether a request is right."""

from __future__ import annotations

import datetime as dt

from tocsin.service import installation
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import Claim, ClaimState
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.subscribers.wanted import from_json
from tocsin.service.verification.telling import addresses_of_lists

_MOST_NAMED = 20


def write_to_contact(
    claim: Claim, number: int, link: tuple[str, str], code: tuple[str, str], now: dt.datetime
) -> None:
    """Write to the contact `number` of those that are asked; link, code: purpose and reference.

    It says who asks for which data, to which addresses, and for what else the answer counts.
    """
    wanted = from_json(claim.request.wanted)
    organisation = claim.request.organisation_id
    renewed = claim.renews_id is not None
    recipients = list(wanted.recipients)
    if renewed and organisation is not None:
        recipients = addresses_of_lists(organisation)
    left_out = _not_asked_about(claim)
    others = [str(each) for each in wanted.networks if each not in left_out]
    write(
        "proof_renewal" if renewed else "proof",
        claim.asked_of[number],
        f"proof {claim.pk}.{claim.round} {number}",
        {
            "number": claim.request_id,
            "network": str(claim.network),
            "others": others[:_MOST_NAMED],
            "more": max(0, len(others) - _MOST_NAMED),
            "name": wanted.full_name,
            "organisation": wanted.organisation,
            "requester": claim.request.requester,
            "recipients": recipients,
            "days": installation.configuration().proof.code_days,
            "answer": {"link": list(link)},
            "code": {"code": list(code)},
        },
        now,
        request=claim.request_id,
    )


def _not_asked_about(claim: Claim) -> set[NetworkValue]:
    """Itself, and what has been refused already: no answer counts for that."""
    refused = claim.request.claims.filter(state=ClaimState.REFUSED)
    return {claim.network, *(each.network for each in refused)}
