"""Organisations in the forms of other programs: what counts here now, since they know no waiting.

None of these forms can say that a network is not proven, that a person has not agreed yet, that a
list is in shadow, or that a recipient gets some of the networks alone. To hand such things over as
if they counted would have another program send what we do not: they are left out, and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from tocsin.engine.files import atomic_path
from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.severity import Severity
from tocsin.service.subscribers.exchange.cells import slug_of
from tocsin.service.subscribers.exchange.current import all_forms
from tocsin.service.subscribers.exchange.foreign import OWN_ID, OWN_PERSON
from tocsin.service.subscribers.exchange.forms import ContactForm, ListForm, OrganisationForm
from tocsin.service.subscribers.models import (
    ContactRole,
    ContactState,
    ListMode,
    NetworkState,
    OrganisationState,
    ProofState,
    RecipientState,
)
from tocsin.service.subscribers.values import FILTERS, NetworkKind

_Values = Mapping[NetworkKind, list[str]]
_LeftOut = Counter[str]


@transaction.atomic
def export_foreign(path: Path, form: str) -> tuple[int, Mapping[str, int]]:
    """Write the organisations that are active to a JSON list, one a line.

    How many there were, and how many things were left out, by what they are.
    """
    count, left_out = 0, _LeftOut()
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write("[")
        for each in all_forms():
            if each.state != OrganisationState.ACTIVE:
                left_out["organisations that are not active"] += 1
                continue
            text = json.dumps(WRITERS[form](each, left_out), ensure_ascii=False)
            stream.write((",\n" if count else "\n") + text)
            count += 1
        stream.write("\n]\n")
    return count, left_out


def to_certbund(form: OrganisationForm, left_out: _LeftOut) -> dict[str, Any]:
    """An organisation of certbund-contact, of which each contact gets the reports."""
    networks = _networks(form, set(NetworkKind), left_out)
    known = {each.address: each for each in _people(form, left_out)}
    getting = _getting_all(form, networks, left_out)
    left_out["people who get no reports"] += len(known.keys() - set(getting))
    return {
        **_own_id(form, slug_of(form.name)),
        "name": form.name,
        "comment": form.notes,
        "contacts": [_certbund_contact(each, known.get(each)) for each in getting],
        "asns": [{"asn": int(each), "annotations": []} for each in networks[NetworkKind.ASN]],
        "networks": [
            {"address": each, "comment": "", "annotations": []}
            for each in networks[NetworkKind.CIDR]
        ],
        "fqdns": [{"fqdn": each, "annotations": []} for each in networks[NetworkKind.DOMAIN]],
        "national_certs": [{"country_code": each} for each in networks[NetworkKind.COUNTRY]],
    }


def _certbund_contact(address: str, person: ContactForm | None) -> dict[str, Any]:
    first, _, last = person.full_name.rpartition(" ") if person else ("", "", "")
    said = {
        "firstname": first,
        "lastname": last,
        "tel": person.phone if person else "",
        "email": address,
    }
    return said if person else {**said, OWN_PERSON: False}


def to_n6(form: OrganisationForm, left_out: _LeftOut) -> dict[str, Any]:
    """An organisation of n6, by the names of its database."""
    networks = _networks(form, set(NetworkKind), left_out)
    people = _people(form, left_out)
    return {
        **_own_id(form, slug_of(form.slug)),
        "org_id": form.slug,
        "actual_name": form.name,
        "inside_filter_asns": [{"asn": int(each)} for each in networks[NetworkKind.ASN]],
        "inside_filter_ip_networks": [{"ip_network": each} for each in networks[NetworkKind.CIDR]],
        "inside_filter_fqdns": [{"fqdn": each} for each in networks[NetworkKind.DOMAIN]],
        "inside_filter_ccs": [{"cc": each} for each in networks[NetworkKind.COUNTRY]],
        "email_notification_addresses": [
            {"email": each} for each in _getting_all(form, networks, left_out)
        ],
        "users": [{"login": each.address} for each in people],
        "contact_points": [
            {"email": each.address, "name": each.full_name, "surname": "", "phone": each.phone}
            for each in people
        ],
    }


def to_mentat(form: OrganisationForm, left_out: _LeftOut) -> dict[str, Any]:
    """A group of Mentat, which has prefixes alone, and addresses by least severity."""
    networks = _networks(form, {NetworkKind.CIDR}, left_out)
    people = _people(form, left_out)
    named = [
        {"netname": f"{form.slug}-{number}", "network": each}
        for number, each in enumerate(networks[NetworkKind.CIDR], 1)
    ]
    lists = [each for each in _whole_lists(form) if each.filter is FilterKind.CIDR]
    getting = {severity: _active(lists, severity) for severity in Severity}
    left_out[_PARTLY] += len(
        _all_recipients(form) - {each for of in getting.values() for each in of}
    )
    return {
        **_own_id(form, slug_of(form.name)),
        "name": form.name,
        "description": form.notes,
        "enabled": True,
        "networks": named,
        "settings_rep": {f"emails_{each.word}": found for each, found in getting.items()},
        "managers": [_mentat_person(each) for each in people if each.role is ContactRole.ADMIN],
        "members": [_mentat_person(each) for each in people if each.role is not ContactRole.ADMIN],
    }


def _mentat_person(contact: ContactForm) -> dict[str, str]:
    return {"login": contact.address, "fullname": contact.full_name, "email": contact.address}


WRITERS: Mapping[str, Callable[[OrganisationForm, _LeftOut], dict[str, Any]]] = {
    "certbund": to_certbund,
    "n6": to_n6,
    "mentat": to_mentat,
}

_PARTLY = "recipients who get only a part, or nothing yet"


def _own_id(form: OrganisationForm, read_as: str) -> dict[str, str]:
    """Our own id, where it does not follow from what the form calls the organisation."""
    return {} if read_as == form.slug else {OWN_ID: form.slug}


def _people(form: OrganisationForm, left_out: _LeftOut) -> list[ContactForm]:
    there = [each for each in form.contacts if each.state == ContactState.ACTIVE]
    left_out["people who have not confirmed, or were removed"] += len(form.contacts) - len(there)
    return there


def _networks(form: OrganisationForm, held: set[NetworkKind], left_out: _LeftOut) -> _Values:
    found: dict[NetworkKind, list[str]] = {each: [] for each in NetworkKind}
    for each in form.networks:
        proven = any(proof.state == ProofState.VALID for proof in each.proofs)
        if each.state != NetworkState.ACTIVE or not proven:
            left_out["networks without a proof that holds, frozen or ended"] += 1
        elif each.network.kind not in held:
            left_out["networks of a kind that the form has no place for"] += 1
        else:
            found[each.network.kind].append(each.network.value)
    return found


def _whole_lists(form: OrganisationForm) -> list[ListForm]:
    """The lists that are sent, and that take all networks of their kind."""
    return [each for each in form.lists if each.mode == ListMode.LIVE and each.all_networks]


def _active(lists: Iterable[ListForm], severity: Severity | None = None) -> list[str]:
    return sorted(
        {
            recipient.address
            for each in lists
            if severity is None or each.least_severity == severity.word
            for recipient in each.recipients
            if recipient.state == RecipientState.ACTIVE
        }
    )


def _all_recipients(form: OrganisationForm) -> set[str]:
    return {
        recipient.address
        for each in form.lists
        for recipient in each.recipients
        if not recipient.has_ended
    }


def _getting_all(form: OrganisationForm, networks: _Values, left_out: _LeftOut) -> list[str]:
    """Who gets the reports of all these networks."""
    needed = {FILTERS[kind] for kind, values in networks.items() if values}
    lists = _whole_lists(form)
    of = [set(_active(each for each in lists if each.filter is kind)) for kind in needed]
    found = set.intersection(*of) if of else set()
    left_out[_PARTLY] += len(_all_recipients(form) - found)
    return sorted(found)
