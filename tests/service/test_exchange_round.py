"""Subscribers written out and brought in: nothing is lost, nothing is revived, nobody is mailed."""

from __future__ import annotations

import csv
import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.core import mail
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.service.desk import Desk, now
from tests.service.founded import founded

from tocsin.engine.nightly.subscribers import FilterKind, OrganisationKind
from tocsin.model.errors import InputError
from tocsin.service import installation
from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.languages import LANGUAGES
from tocsin.service.letters.models import Letter
from tocsin.service.subscribers.exchange.bring import Difference, bring_in, differences
from tocsin.service.subscribers.exchange.compare import Outcome
from tocsin.service.subscribers.exchange.current import all_forms
from tocsin.service.subscribers.exchange.export import export_csv, export_json
from tocsin.service.subscribers.exchange.forms import (
    ContactForm,
    ListForm,
    NetworkForm,
    OrganisationForm,
    RecipientForm,
    Said,
)
from tocsin.service.subscribers.exchange.read import read_subscribers
from tocsin.service.subscribers.exchange.tables import TABLES
from tocsin.service.subscribers.models import (
    Contact,
    ContactRole,
    MailingList,
    Network,
    NetworkState,
    Organisation,
    Proof,
    ProofMethod,
    Recipient,
    RecipientKind,
    RecipientState,
)
from tocsin.service.subscribers.values import FILTERS, NetworkKind, any_network
from tocsin.service.texts import harmless

OPERATOR = Actor(ActorKind.OPERATOR, "command line")
LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P"))
TEXTS = st.text(LETTERS, min_size=1, max_size=20).map(lambda said: harmless(said, 60)).filter(bool)
ADDRESSES = st.sampled_from([f"{name}@example.{end}" for name in "abc" for end in ("org", "net")])
NETWORKS = st.sampled_from(
    [
        any_network(each)
        for each in ("192.0.2.0/24", "198.51.100.0/24", "AS64496", "AS64497", "example.org", "XX")
    ]
)


@st.composite
def organisations(draw: st.DrawFn, slug: str) -> OrganisationForm:
    networks = draw(st.sets(NETWORKS, max_size=4))
    cert = any(each.kind is NetworkKind.COUNTRY for each in networks)
    lists = []
    for kind in dict.fromkeys(FILTERS[each.kind] for each in sorted(networks)):
        own = sorted(each for each in networks if FILTERS[each.kind] is kind)
        named = draw(st.booleans())
        addresses = draw(st.sets(ADDRESSES, max_size=3))
        lists.append(
            ListForm(
                slug,
                FilterKind(kind),
                all_networks=not named,
                networks=tuple(own[: draw(st.integers(0, 2))]) if named else (),
                except_types=tuple(draw(st.lists(TEXTS, max_size=2, unique=True))),
                least_severity=draw(st.sampled_from(["info", "high"])),
                compressed=draw(st.booleans()),
                delta=draw(st.booleans()),
                language=draw(st.sampled_from(list(LANGUAGES))),
                extra_columns=draw(st.sampled_from([(), ("label",), ("finding_id", "label")])),
                mode=draw(st.sampled_from(["shadow", "live"])),
                recipients=tuple(
                    RecipientForm(each, draw(st.sampled_from(RecipientKind)))
                    for each in sorted(addresses)
                ),
            )
        )
    return OrganisationForm(
        slug=slug,
        name=draw(TEXTS),
        kind=OrganisationKind.NATIONAL_CERT if cert else OrganisationKind.OWNER,
        country=draw(st.sampled_from(["", "XX", "XA"])),
        mail_domains=tuple(sorted(draw(st.sets(st.sampled_from(["example.org", "example.net"]))))),
        contacts=tuple(
            ContactForm(each, draw(TEXTS), "+1 202 555 0100", draw(st.sampled_from(ContactRole)))
            for each in sorted(draw(st.sets(ADDRESSES, max_size=3)))
        ),
        networks=tuple(
            NetworkForm(each, draw(st.sampled_from(["", "label"]))) for each in sorted(networks)
        ),
        lists=tuple(lists),
    )


WORLDS = st.tuples(organisations("one"), organisations("two"), organisations("three"))


def emptied() -> None:
    for model in (Recipient, MailingList, Proof, Network, Contact, Organisation):
        model.objects.all().delete()


def brought(*forms: OrganisationForm) -> Difference:
    return bring_in([Said(1, each) for each in forms], "test", OPERATOR, now())


def without_proofs() -> list[OrganisationForm]:
    """All that is on file but for the proofs, which tell of the import that made them."""
    return [
        replace(form, networks=tuple(replace(each, proofs=()) for each in form.networks))
        for form in all_forms()
    ]


def only_unchanged(done: Difference) -> bool:
    return {outcome for outcome, _ in done.counts} <= {Outcome.UNCHANGED} and not done.problems


@settings(
    max_examples=cases(12),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(world=WORLDS)
@pytest.mark.parametrize("as_tables", [False, True], ids=["json", "csv"])
def test_what_was_written_out_is_brought_in_without_a_difference(
    desk: Desk,
    tmp_path_factory: pytest.TempPathFactory,
    *,
    as_tables: bool,
    world: tuple[OrganisationForm, ...],
) -> None:
    tmp_path = tmp_path_factory.mktemp("written")
    emptied()
    first = brought(*world)
    assert not first.total(Outcome.CONFLICT)
    path = tmp_path / "subscribers"
    form = "csv" if as_tables else "tocsin"
    assert (export_csv if as_tables else export_json)(path) == 3
    before = without_proofs()
    assert only_unchanged(differences(read_subscribers(path, form), now()))
    emptied()
    shown = differences(read_subscribers(path, form), now())
    done = bring_in(read_subscribers(path, form), "file", OPERATOR, now())
    assert shown.figures() == done.figures()
    assert not done.problems
    assert without_proofs() == before
    lines = AuditLine.objects.count()
    again = bring_in(read_subscribers(path, form), "file", OPERATOR, now())
    assert only_unchanged(again)
    assert AuditLine.objects.count() == lines
    assert not Letter.objects.exists()


def test_what_is_imported_is_flagged_ends_sooner_and_mails_nobody(desk: Desk) -> None:
    form = OrganisationForm(
        "example",
        "Example",
        mail_domains=("example.org",),
        contacts=(ContactForm("ada@example.org", "Ada"),),
        networks=(NetworkForm(any_network("AS64496")),),
        lists=(
            ListForm(
                "example",
                FilterKind.ASN,
                recipients=(
                    RecipientForm("ada@example.org"),
                    RecipientForm("queue@example.org", RecipientKind.ROLE),
                    RecipientForm("far@example.net", RecipientKind.ROLE),
                ),
            ),
        ),
    )
    brought(form)
    proof = Proof.objects.get()
    rules = installation.configuration().proof
    assert proof.method == ProofMethod.IMPORTED
    assert proof.ends_at == now() + dt.timedelta(days=rules.imported_days)
    assert rules.imported_days < rules.valid_days
    states = dict(Recipient.objects.values_list("address", "state"))
    assert states == {
        "ada@example.org": RecipientState.UNCONFIRMED,
        "queue@example.org": RecipientState.ACTIVE,
        "far@example.net": RecipientState.WAITING,
    }
    desk.work()
    assert not mail.outbox
    emptied()
    done = bring_in([Said(1, form)], "test", OPERATOR, now(), invite=True)
    assert done.invited == 1
    assert len(desk.letters_to("ada@example.org")) == 1


def test_an_import_revives_nobody_and_takes_nothing_that_others_have_proven(desk: Desk) -> None:
    owner = founded("owner", "AS64496", recipient="left@owner.example.org")
    other = founded("other", "AS64497", "192.0.2.0/24")
    Recipient.objects.update(state=RecipientState.LEFT)
    other.networks.filter(kind="cidr").update(state=NetworkState.ENDED)
    other.contacts.update(state="removed")
    form = OrganisationForm(
        "owner",
        "Owner Renamed",
        networks=(
            NetworkForm(any_network("AS64497")),
            NetworkForm(any_network("XX")),
            NetworkForm(any_network("10.0.0.0/8")),
            NetworkForm(any_network("198.51.100.0/24")),
        ),
        lists=(
            ListForm(
                "owner",
                FilterKind.ASN,
                mode="live",
                recipients=(RecipientForm("left@owner.example.org", RecipientKind.ROLE),),
            ),
            ListForm("other", FilterKind.ASN),
            ListForm("more", FilterKind.CIDR, all_networks=False, networks=(any_network("AS1"),)),
        ),
    )
    back = OrganisationForm(
        "other",
        "Other",
        contacts=(ContactForm("admin@other.example.org"),),
        networks=(NetworkForm(any_network("192.0.2.0/24")),),
    )
    wrong_kind = OrganisationForm("other-cert", "x", kind=OrganisationKind.NATIONAL_CERT)
    founded("other-cert", "AS64498")
    closed = OrganisationForm("closed", "Closed", state="closed")
    done = brought(form, back, wrong_kind, closed)
    conflicts = {change.name for _, _, change in done.shown if change.outcome is Outcome.CONFLICT}
    assert conflicts == {
        "AS64497", "XX", "10.0.0.0/8", "left@owner.example.org of owner-asn", "other-asn",
        "more-cidr", "admin@other.example.org", "192.0.2.0/24", "other-cert",
    }  # fmt: skip
    assert all(each.why for _, _, each in done.shown if each.outcome is Outcome.CONFLICT)
    owner.refresh_from_db()
    assert owner.name == "Owner Renamed"
    line = AuditLine.objects.get(verb="organisation.imported")
    assert line.before == {"organisation owner": {"name": "Owner"}}
    assert {str(each.network) for each in owner.networks.all()} == {"AS64496", "198.51.100.0/24"}
    assert not Organisation.objects.filter(slug="closed").exists()
    assert Recipient.objects.get().state == RecipientState.LEFT


def test_a_file_that_breaks_off_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "f"
    forms = [{"id": f"o{number}", "name": "x"} for number in range(300)]
    path.write_text(json.dumps(forms)[:-30])
    with pytest.raises(InputError):
        bring_in(read_subscribers(path, "tocsin"), "f", OPERATOR, now())
    assert not Organisation.objects.exists()


def test_the_tables_of_a_directory_hold_everything(desk: Desk, tmp_path: Path) -> None:
    founded("owner", "AS64496", "192.0.2.0/24", country="XX", recipient="noc@owner.example.org")
    assert export_csv(tmp_path / "tables") == 1
    rows = {}
    for table, columns in TABLES.items():
        with (tmp_path / "tables" / f"{table}.csv").open(newline="") as stream:
            read = list(csv.reader(stream))
        assert tuple(read[0]) == columns
        rows[table] = read[1:]
    assert {table: len(found) for table, found in rows.items()} == {
        "organisations": 1, "contacts": 1, "networks": 2, "proofs": 2, "lists": 2, "recipients": 2,
    }  # fmt: skip
    assert rows["proofs"][0][2] == "staff"
