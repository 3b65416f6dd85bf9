"""What other programs' forms can hold is written in them and read back without a difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.service.desk import Desk, now
from tests.service.founded import founded
from tests.service.on_file import put_contact, put_list, put_network, put_recipient

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.service.subscribers.exchange.bring import differences
from tocsin.service.subscribers.exchange.compare import Outcome
from tocsin.service.subscribers.exchange.foreign_export import WRITERS, export_foreign
from tocsin.service.subscribers.exchange.read import read_subscribers
from tocsin.service.subscribers.models import (
    ContactRole,
    ContactState,
    MailingList,
    Organisation,
    Proof,
    ProofState,
    RecipientKind,
)
from tocsin.service.subscribers.values import any_network

NETWORKS = ("AS64496", "192.0.2.0/24", "2001:db8::/32", "owner.example.org")


@pytest.fixture
def owner(desk: Desk) -> Organisation:
    """An organisation with preferences of its own, whose name does not make its id; and a CERT."""
    made = founded("owner", *NETWORKS, country="XX", recipient="noc@owner.example.org")
    Organisation.objects.filter(pk=made.pk).update(name="Owner of Networks", notes="a\nb")
    founded("cert", "XA", recipient="queue@cert.example.org")
    boss = put_contact(made, "Bob van Boss", "bob@owner.example.org", ContactRole.MEMBER, now())
    boss.phone = "+1 202 555 0100"
    boss.save()
    for each in MailingList.objects.all():
        put_recipient(each, f"bob@{each.organisation.slug}.example.org", now())
    MailingList.objects.update(mode="live", delta=True, compressed=False, language="de")
    return made


def written(path: Path, form: str) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    count, left_out = export_foreign(path, form)
    said = json.loads(path.read_text())
    assert len(said) == count
    key = {"n6": "actual_name"}.get(form, "name")
    return {each[key]: each for each in said}, {what: n for what, n in left_out.items() if n}


@pytest.mark.parametrize("form", WRITERS)
def test_what_a_form_holds_is_read_back_without_a_difference(
    owner: Organisation, tmp_path: Path, form: str
) -> None:
    assert len(written(tmp_path / "f", form)[0]) == 2
    for kind in RecipientKind:
        done = differences(read_subscribers(tmp_path / "f", form, kind), now())
        assert [(str(each), each.outcome, each.becomes) for _, _, each in done.shown] == []
        assert not done.problems
        assert done.total(Outcome.UNCHANGED) > 5


def test_certbund_gets_those_who_get_the_reports_as_contacts(
    owner: Organisation, tmp_path: Path
) -> None:
    said, left_out = written(tmp_path / "f", "certbund")
    assert said["Owner of Networks"] == {
        "tocsin_id": "owner",
        "name": "Owner of Networks",
        "comment": "a\nb",
        "contacts": [
            {
                "firstname": "Bob van",
                "lastname": "Boss",
                "tel": "+1 202 555 0100",
                "email": "bob@owner.example.org",
            },
            {
                "firstname": "",
                "lastname": "",
                "tel": "",
                "email": "noc@owner.example.org",
                "tocsin_person": False,
            },
        ],
        "asns": [{"asn": 64496, "annotations": []}],
        "networks": [
            {"address": each, "comment": "", "annotations": []}
            for each in ("192.0.2.0/24", "2001:db8::/32")
        ],
        "fqdns": [{"fqdn": "owner.example.org", "annotations": []}],
        "national_certs": [],
    }
    assert left_out == {"people who get no reports": 2}


def test_a_group_of_mentat_has_addresses_by_severity_and_prefixes_alone(
    owner: Organisation, tmp_path: Path
) -> None:
    high = put_list(owner, FilterKind.CIDR, now(), name="owner-high")
    MailingList.objects.filter(pk=high.pk).update(least_severity="high", mode="live")
    put_recipient(high, "boss@owner.example.org", now())
    said, left_out = written(tmp_path / "f", "mentat")
    group = said["Owner of Networks"]
    assert [each["network"] for each in group["networks"]] == ["192.0.2.0/24", "2001:db8::/32"]
    assert {word: found for word, found in group["settings_rep"].items() if found} == {
        "emails_info": ["bob@owner.example.org", "noc@owner.example.org"],
        "emails_high": ["boss@owner.example.org"],
    }
    assert [each["login"] for each in group["managers"]] == ["admin@owner.example.org"]
    assert left_out["networks of a kind that the form has no place for"] == 3
    done = differences(read_subscribers(tmp_path / "f", "mentat"), now())
    assert done.shown == []


@pytest.mark.parametrize("form", WRITERS)
def test_nothing_that_does_not_count_here_is_handed_on(
    owner: Organisation, tmp_path: Path, form: str
) -> None:
    """Not proven, in shadow, not confirmed, ended, of a part alone: another would send it."""
    put_network(owner, any_network("198.51.100.0/24"), now())
    Proof.objects.filter(network__value="198.51.100.0/24").update(state=ProofState.ENDED)
    put_network(owner, any_network("203.0.113.0/24"), now())
    owner.networks.filter(value="203.0.113.0/24").update(state="frozen")
    one = owner.lists.get(filter="cidr")
    for state in ("unconfirmed", "waiting", "left", "removed"):
        for each in owner.lists.all():
            put_recipient(each, f"{state}@owner.example.org", now(), state=state)
    part = put_list(owner, FilterKind.CIDR, now(), name="part")
    MailingList.objects.filter(pk=part.pk).update(all_networks=False, mode="live")
    put_recipient(part, "part@owner.example.org", now())
    shadow = put_list(owner, FilterKind.CIDR, now(), name="shadow")
    MailingList.objects.filter(pk=shadow.pk).update(mode="shadow")
    put_recipient(shadow, "shadow@owner.example.org", now())
    if form != "mentat":  # whoever gets prefixes gets all that such a group has
        put_recipient(one, "prefixes@owner.example.org", now())
    new = put_contact(owner, "New", "new@owner.example.org", ContactRole.ADMIN, now())
    new.state = ContactState.UNCONFIRMED
    new.save()
    founded("closed", "AS64499", recipient="closed@example.org")
    Organisation.objects.filter(slug="closed").update(state="closed")
    _, left_out = written(tmp_path / "f", form)
    text = (tmp_path / "f").read_text()
    hidden = ("198.51.100.0", "203.0.113.0", "unconfirmed@", "waiting@", "left@", "removed@")
    for name in (*hidden, "new@", "part@", "shadow@", "prefixes@", "closed"):
        assert name not in text
    assert left_out["networks without a proof that holds, frozen or ended"] == 2
    assert left_out["organisations that are not active"] == 1
    assert left_out["recipients who get only a part, or nothing yet"] >= 4
