"""What DKIM, SPF and DMARC say of a mail is kept, and opens no door."""

from __future__ import annotations

import base64
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import override_settings
from tests.service.mailbox.post import CHANGES, COMPLETE, REQUESTS, Post, mail
from tests.service.subscribed import subscribed

from tocsin.service import installation
from tocsin.service.fakes.registry import FakeResolver
from tocsin.service.letters.models import Letter
from tocsin.service.mailbox.authentication import Met, evidence_of, is_aligned, met_spf
from tocsin.service.mailbox.header_facts import read_header
from tocsin.service.mailbox.store import Envelope
from tocsin.service.subscribers.models import Contact, ContactRole, ContactState, Request

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
RECORD = "v=DKIM1; p=" + base64.b64encode(
    KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()  # fmt: skip
DMARC = "v=DMARC1; p=reject"


def signed(raw: bytes, domain: str = "example.org", **options: Any) -> bytes:
    raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    line = dkim.sign(raw, b"s", domain.encode(), PRIVATE, **options)
    return bytes(line) + raw


@pytest.fixture
def resolver() -> FakeResolver:
    return FakeResolver(
        {
            "s._domainkey.example.org": (RECORD,),
            "s._domainkey.example.net": (RECORD,),
            "_dmarc.example.org": ("some other text", DMARC),
        }
    )


def evidence(raw: bytes, resolver: FakeResolver, trusted: tuple[str, ...] = ()) -> dict[str, Any]:
    return evidence_of(raw, read_header(raw), resolver.texts, trusted)


def test_a_good_signature_passes(resolver: FakeResolver) -> None:
    found = evidence(signed(mail("x")), resolver)
    assert found["dkim"] == [{"domain": "example.org", "result": "pass"}]
    assert found["dmarc"] == {"result": "pass", "policy": "reject"}
    assert found["spf"] == {"result": "not_checked"}
    assert (found["aligned"], found["aligned_by"]) == (True, ["example.org"])


def test_a_changed_text_fails(resolver: FakeResolver) -> None:
    raw = signed(mail("AS64496")).replace(b"AS64496", b"AS64497")
    found = evidence(raw, resolver)
    assert found["dkim"] == [{"domain": "example.org", "result": "fail"}]
    assert (found["aligned"], found["dmarc"]["result"]) == (False, "fail")


@pytest.mark.parametrize(
    ("sender", "peer", "result", "aligned"),
    [
        ("ada@example.org", "192.0.2.25", "pass", True),
        ("ada@mail.example.org", "192.0.2.25", "pass", True),
        ("ada@example.org", "192.0.2.26", "fail", False),
        ("ada@example.net", "192.0.2.25", "pass", False),
        ("ada@example.com", "192.0.2.25", "none", False),
    ],
)
def test_the_server_that_our_listener_meets_is_held_against_spf(
    resolver: FakeResolver, sender: str, peer: str, result: str, *, aligned: bool
) -> None:
    for each in ("example.org", "mail.example.org", "example.net"):
        resolver.records[each] = ("v=spf1 ip4:192.0.2.25 -all",)
    raw = mail("x")
    met = met_spf(resolver, Met(peer, sender, "mx.example.org"))
    found = evidence_of(raw, read_header(raw), resolver.texts, (), met)
    domain = sender.rpartition("@")[2]
    assert found["spf"] == {"result": result, "domain": domain, "peer": peer}
    assert found["aligned"] is aligned
    assert found["dmarc"]["result"] == ("pass" if aligned else "fail")


@pytest.mark.parametrize("first", [True, False])
def test_spf_is_checked_only_where_no_server_of_ours_stands_in_front(
    post: Post, *, first: bool
) -> None:
    post.desk.resolver.records["example.org"] = ("v=spf1 ip4:192.0.2.25 -all",)
    named = installation.configuration()
    mailbox = named.mailbox.model_copy(update={"meets_senders": first})
    envelope = Envelope("ada@example.org", (REQUESTS,), "::ffff:192.0.2.25", "mx.example.org")
    with override_settings(TOCSIN_CONFIGURATION=named.model_copy(update={"mailbox": mailbox})):
        message = post.deliver(mail(COMPLETE), envelope)
    assert message.peer == "192.0.2.25"
    assert message.evidence["spf"]["result"] == ("pass" if first else "not_checked")
    assert message.aligned is first


def test_a_signature_that_covers_a_part_only_is_no_pass(resolver: FakeResolver) -> None:
    found = evidence(signed(mail("x"), length=True) + b"and more\r\n", resolver)
    assert found["dkim"] == [{"domain": "example.org", "result": "partial"}]
    assert not found["aligned"]


def test_the_signature_of_somebody_else_is_not_aligned(resolver: FakeResolver) -> None:
    found = evidence(signed(mail("x"), "example.net"), resolver)
    assert found["dkim"] == [{"domain": "example.net", "result": "pass"}]
    assert not found["aligned"]


def test_the_second_signature_is_looked_at_as_well(resolver: FakeResolver) -> None:
    raw = signed(signed(mail("x")), "example.net")
    results = {each["domain"]: each["result"] for each in evidence(raw, resolver)["dkim"]}
    assert results == {"example.net": "pass", "example.org": "pass"}


def test_a_dead_dns_delays_nothing(post: Post) -> None:
    post.desk.resolver.dead = True
    message = post.deliver(signed(mail(COMPLETE)))
    assert message.reason == "new_request"
    assert message.evidence["dkim"][0]["result"] == "temperror"
    assert message.evidence["dmarc"]["result"] == "temperror"


@pytest.mark.parametrize(
    "record",
    ["", "p=", "v=DKIM1; p=%%%", "v=DKIM1; p=" + "A" * 5000, "p=\x00", RECORD[:60]],
    # The key is another one each time; workers have to agree on the names.
    ids=["nothing", "revoked", "no base64", "too long", "a NUL", "cut"],
)
def test_a_broken_key_fails(record: str) -> None:
    resolver = FakeResolver({"s._domainkey.example.org": (record,)})
    assert evidence(signed(mail("x")), resolver)["dkim"][0]["result"] == "fail"


@pytest.mark.parametrize(
    "line",
    [
        b"DKIM-Signature: ",
        b"DKIM-Signature: v=1; a=x",
        b"DKIM-Signature: ;;;=",
        b"DKIM-Signature: \xff",
    ],
)
def test_a_broken_signature_fails(line: bytes, resolver: FakeResolver) -> None:
    assert evidence(line + b"\r\n" + mail("x"), resolver)["dkim"][0]["result"] == "fail"


def test_long_blanks_are_not_verified(resolver: FakeResolver) -> None:
    raw = signed(mail("x")) + b" " * 5_000_000
    assert evidence(raw, resolver)["dkim"][0]["result"] == "not_checked"


def test_only_a_trusted_server_is_believed(resolver: FakeResolver) -> None:
    said = "mx.example.com; spf=pass smtp.mailfrom=ada@example.org; dkim=pass header.d=example.org"
    raw = mail("x", Authentication_Results=said)
    assert not evidence(raw, resolver)["aligned"]
    found = evidence(raw, resolver, ("mx.example.com",))
    assert found["spf"] == {"result": "pass", "domain": "example.org"}
    assert found["aligned_by"] == ["spf example.org"]
    assert not evidence(raw, resolver, ("mx.example.org",))["aligned"]


def test_the_topmost_word_of_a_trusted_server_counts(resolver: FakeResolver) -> None:
    forged = "mx.example.com; spf=pass smtp.mailfrom=ada@example.org"
    raw = b"Authentication-Results: mx.example.com;\r\n spf=fail smtp.mailfrom=x@example.org\r\n"
    found = evidence(raw + mail("x", Authentication_Results=forged), resolver, ("mx.example.com",))
    assert found["spf"]["result"] == "fail"
    for broken in ("mx.example.com; ===", "mx.example.com", ";", "mx.example.com; spf=pass ("):
        raw = mail("x", Authentication_Results=broken)
        assert not evidence(raw, resolver, ("mx.example.com",))["aligned"]


def test_domains_of_one_organisation_are_aligned() -> None:
    assert is_aligned("mail.example.org", "example.org")
    assert not is_aligned("example.org", "example.org-evil.example.net")
    assert not is_aligned("one.co.uk", "other.co.uk")
    assert not is_aligned("co.uk", "co.uk")
    assert not is_aligned("", "")


def test_a_signature_is_evidence_and_no_authority(post: Post) -> None:
    post.desk.resolver.records["s._domainkey.example.org"] = (RECORD,)
    message = post.deliver(signed(mail("Please add AS64497.", to=CHANGES)))
    assert (message.aligned, message.reason) == (True, "not_on_file")
    message = post.deliver(signed(mail(COMPLETE)))
    assert message.aligned
    request = Request.objects.get()
    assert request.state == "unconfirmed"
    assert request.mail_evidence["dkim"] == [{"domain": "example.org", "result": "pass"}]


def test_who_forges_an_address_does_not_use_up_what_its_owner_may_send(post: Post) -> None:
    post.desk.resolver.records["s._domainkey.example.org"] = (RECORD,)
    reasons = [post.deliver(mail(f"no {number}", to=CHANGES)).reason for number in range(51)]
    assert (reasons[49], reasons[50]) == ("not_on_file", "too_many")
    assert post.deliver(signed(mail("mine", to=CHANGES))).reason == "not_on_file"
    assert Letter.objects.filter(text="mail_too_many").count() == 1


def test_forged_changes_fill_nobodys_mailbox_and_keep_the_owner_from_nothing(post: Post) -> None:
    post.desk.resolver.records["s._domainkey.example.org"] = (RECORD,)
    alpha = subscribed()
    bea = Contact.objects.create(
        organisation=alpha.organisation, full_name="Bea Admin", address="bea@example.org",
        role=ContactRole.ADMIN, state=ContactState.ACTIVE, since=alpha.admin.since,
    )  # fmt: skip
    most = installation.configuration().mailbox.most_letters_per_day
    forged = [
        mail(f"Add AS{64500 + n % 5}.", "admin@example.org", CHANGES) for n in range(most + 10)
    ]
    reasons = [post.deliver(each).reason for each in forged]
    assert reasons == ["change"] * most + ["too_many_letters"] * 10
    for address in (alpha.admin.address, bea.address):
        assert Letter.objects.filter(recipient=address).count() <= most
    own = signed(mail("Add AS64501.", "admin@example.org", CHANGES))
    assert post.deliver(own).reason == "change"
