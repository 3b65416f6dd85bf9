"""Two organisations, a CERT and all kinds of people, to try every address with.

All that is B's carries MARKER: it must be on no page that B's people or staff do not see.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.test import Client
from tests.service.desk import Desk, now

from tocsin.service import installation
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.api.models import ApiKey
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.links import Holder, links_for
from tocsin.service.delivery.models import Night, NightList, NightState, Outcome, Report
from tocsin.service.letters.write import write
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.subscribers.abuse_contacts.switching import OPT_OUT, opt_out_reference
from tocsin.service.subscribers.models import (
    AbuseContact,
    Case,
    Claim,
    Contact,
    ContactOrigin,
    ContactRole,
    ContactState,
    Delegation,
    DelegationLevel,
    MailingList,
    Network,
    Organisation,
    Proof,
    Recipient,
    Request,
)
from tocsin.service.subscribers.recipients.membership import LEAVE
from tocsin.service.subscribers.values import any_network
from tocsin.service.subscribers.wanted import Wanted, to_json
from tocsin.service.work.models import Task, TaskState

MARKER = "markerofb"


@dataclass(slots=True)
class World:
    """What the rows of the table are about."""

    desk: Desk
    a: Organisation
    b: Organisation
    cert: Organisation
    request_a: Request
    request_b: Request
    network_a: Network
    recipient_a: Recipient
    list_a: MailingList
    case_a: Case
    claim_of_country: Claim
    task: Task
    key_a: ApiKey

    def report_of_a(self) -> dict[str, Any]:
        """A report of A, whose file is not kept any more."""
        return {"slug": self.a.slug, "number": Report.objects.get(list=self.list_a.pk).pk}

    def download_of_a(self) -> dict[str, Any]:
        """The link to it that a recipient at A was mailed."""
        report = Report.objects.select_related("night").get(list=self.list_a.pk)
        holder = Holder.of_recipient(self.recipient_a)
        return {"link": links_for([(report, holder)], now())[report.pk, holder.name]}

    def link_of_a(self) -> dict[str, Any]:
        """A link that was mailed to somebody at A."""
        reference = f"{self.recipient_a.pk}.{self.recipient_a.round}"
        proof = installation.secret().link(LEAVE, reference)
        return {"purpose": LEAVE, "reference": reference, "proof": proof}

    def way_out_of_a(self) -> dict[str, Any]:
        """The link by which a mail program leaves a list of A."""
        link = self.link_of_a()
        return {"reference": link["reference"], "proof": link["proof"]}

    def way_out_of_contact(self) -> dict[str, Any]:
        """The link by which a contact that did not ask is told nothing more."""
        contact, _ = AbuseContact.objects.get_or_create(
            **AbuseContact.columns_of(any_network("198.51.100.0/25")),
            address="abuse@a.example.org",
            origin=ContactOrigin.MANUAL,
            source="manual",
            defaults={"seen_at": now()},
        )
        proof = installation.secret().link(OPT_OUT, opt_out_reference(contact))
        return {"reference": contact.address, "proof": proof}

    def numbers_of_b(self) -> set[int]:
        """Of all rows that are B's, whatever table they are in."""
        of_lists = Recipient.objects.filter(list__organisation=self.b)
        own = (
            self.b.api_keys,
            self.b.networks,
            self.b.lists,
            self.b.cases,
            self.b.contacts,
            of_lists,
        )
        claims = Claim.objects.filter(request=self.request_b)
        reports = Report.objects.filter(list__in=self.b.lists.values("pk"))
        rows = (*own, self.b.requests, claims, reports)
        return {number for each in rows for number in each.values_list("pk", flat=True)}

    def browser(self, role: str) -> Client:
        """A browser of somebody in that role."""
        if role == "nobody":
            return Client()
        if role == "link holder":
            return self._follower()
        return self.desk.signed_in(User.objects.get(email=_ADDRESS[role]))

    def _follower(self) -> Client:
        client = Client()
        session = client.session
        session["requests"] = [self.request_a.pk]
        session.save()
        return client


_ADDRESS = {
    "member of A": "member@a.example.org",
    "admin of A": "admin@a.example.org",
    "admin of B": f"{MARKER}@b.example.org",
    "contact of the CERT": "cert@cert.example.org",
    "reviewer": "reviewer@tocsin.example.org",
    "staff admin": "chief@tocsin.example.org",
    "auditor": "auditor@tocsin.example.org",
}


def make_world(desk: Desk) -> World:
    """Make it all."""
    for role in (StaffRole.REVIEWER, StaffRole.AUDITOR):
        User.objects.create_user(f"{role.value}@tocsin.example.org", staff_role=role)
    User.objects.create_user("chief@tocsin.example.org", staff_role=StaffRole.ADMIN)
    a, request_a = _organisation("a", "Networks of A", "admin@a.example.org", "192.0.2.0/24")
    _contact(a, "member@a.example.org", "Member of A", ContactRole.MEMBER)
    b, request_b = _organisation(
        f"{MARKER}-b", f"{MARKER} Networks", f"{MARKER}@b.example.org", "192.0.2.0/25", MARKER
    )
    cert, request_cert = _organisation("cert", "National CERT", "cert@cert.example.org", "XX")
    cert.kind, cert.country = "national_cert", "XX"
    cert.save()
    _registered(a, "XX")
    _registered(b, "XA")
    Delegation.objects.create(
        cert=cert, country="XX", level=DelegationLevel.CONTACTS, since=now(), note="a test"
    )
    AbuseContact.objects.create(
        **AbuseContact.columns_of(any_network("192.0.2.0/25")),
        address=f"{MARKER}@b.example.org",
        organisation_name=MARKER,
        origin=ContactOrigin.MANUAL,
        source="manual",
        seen_at=now(),
    )
    IncomingMessage.objects.create(
        sha256="b" * 64,
        came_by=CameBy.PIPE,
        from_address=f"{MARKER}@b.example.org",
        subject=MARKER,
        size=1,
        received_at=now(),
        organisation=b.pk,
    )
    task = Task.objects.create(
        kind="send_letter", key=MARKER, state=TaskState.FAILED, due_at=now(), made_at=now()
    )
    recipient = Recipient.objects.get(list__organisation=a)
    network = Network.objects.get(organisation=a)
    return World(
        desk,
        a,
        b,
        cert,
        request_a,
        request_b,
        network,
        recipient,
        MailingList.objects.get(organisation=a),
        Case.objects.get(organisation=a),
        Claim.objects.get(request=request_cert),
        task,
        ApiKey.objects.get(organisation=a),
    )


def _registered(organisation: Organisation, country: str) -> None:
    """The registry says that its networks are in that country."""
    organisation.networks.update(facts={"country": country})


def _organisation(
    slug: str, name: str, address: str, network: str, mark: str = ""
) -> tuple[Organisation, Request]:
    organisation = Organisation.objects.create(
        slug=slug, name=name, founded_at=now(), notes=mark, mail_domains=[address.split("@")[1]]
    )
    _contact(organisation, address, name, ContactRole.ADMIN)
    value = any_network(network)
    on_file = Network.objects.create(
        organisation=organisation,
        valid_from=now(),
        holder=name,
        label=mark,
        **Network.columns_of(value),
    )
    Proof.objects.create(
        network=on_file, method="staff", note=mark, made_at=now(), ends_at=now() + dt.timedelta(90)
    )
    mailing_list = MailingList.objects.create(
        organisation=organisation, name=slug, filter="cidr", mode="live", valid_from=now()
    )
    Recipient.objects.create(
        list=mailing_list,
        address=address,
        kind="person",
        state="active",
        active_from=now(),
        since=now(),
    )
    _report(mailing_list, mark)
    case = Case.objects.create(
        organisation=organisation,
        kind="false_positive",
        address="192.0.2.1",
        claimant=address,
        reason=mark,
        moment=now(),
        made_at=now(),
    )
    case.lists.add(mailing_list)
    ApiKey.objects.create(
        organisation=organisation,
        key_id=f"key{slug}",
        name=mark or "poller",
        groups=["reports"],
        secret_number=1,
        made_by=address,
        made_at=now(),
    )
    wanted = Wanted(full_name=name, organisation=name, networks=(value,), recipients=(address,))
    request = Request.objects.create(
        kind="subscribe",
        channel="web",
        state="review",
        requester=address,
        organisation=organisation,
        organisation_name=name,
        wanted=to_json(wanted),
        made_at=now(),
        reviewed_from=now(),
    )
    Claim.objects.create(request=request, state="staff", **Claim.columns_of(value))
    write("request_asked", address, f"world {slug}", {"words": mark}, now(), request=request.pk)
    record(
        Actor.person(address),
        "organisation.founded",
        Subject("organisation", str(organisation.pk), name),
        now(),
        organisation=organisation.pk,
        note=mark,
    )
    return organisation, request


def _report(mailing_list: MailingList, mark: str) -> None:
    """One that was mailed, and whose file is not kept any more."""
    day = now().date() - dt.timedelta(1)
    night, _ = Night.objects.get_or_create(
        day=day,
        revision=1,
        defaults={"state": NightState.CHECKED, "manifest": "0" * 64, "taken_at": now()},
    )
    slug = mailing_list.organisation.slug
    NightList.objects.create(
        night=night, list=mailing_list.pk, organisation=slug, networks=["cidr 192.0.2.0/25"]
    )
    Report.objects.create(
        night=night,
        day=day,
        list=mailing_list.pk,
        report_type=f"{mark}event4_sinkhole",
        file=f"{day}-event4_sinkhole-{slug}-cidr.csv",
        rows=1,
        bytes=1,
        sha256="0" * 64,
        pack=f"packs/{mark}event4_sinkhole.pack",
        offset=0,
        outcome=Outcome.PLANNED,
    )


def _contact(organisation: Organisation, address: str, name: str, role: ContactRole) -> None:
    Contact.objects.create(
        organisation=organisation,
        full_name=name,
        address=address,
        role=role,
        state=ContactState.ACTIVE,
        account=User.objects.create_user(address),
        since=now(),
    )
