"""The whole way by mail alone, with the readers that the service has, as people write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from tests.service.desk import Desk
from tests.service.mailbox.post import CHANGES, answer_to, mail
from tests.service.subscribed import subscribed

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.home import Home
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.service import clock
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.models import AuditLine
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.store import Envelope, store_message
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    NetworkState,
    Organisation,
    Request,
    RequestState,
)
from tocsin.service.subscribers.snapshots.writing import write_snapshot
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.facts import RegistryContact, RegistryFacts

PROSE = """\
Good morning,

my name is Ada Example and I work for Example Access Networks in Springfield. We would like to
receive your daily reports for our networks AS64496 and 192.0.2.0/24. Please send them to
noc@example.org. You can call me at +1 202 555 0100.

Kind regards
Ada Example
--\x20
Ada Example, Network Operations
Example Access Networks
"""


@dataclass
class RealPost:
    """A postman; what is delivered is read as in the service."""

    desk: Desk

    def deliver(self, raw: bytes, sender: str | None = None) -> IncomingMessage:
        """Hand a message over, and see what became of it."""
        stored = store_message(raw, Envelope(sender), CameBy.LISTENER, clock.now())
        self.desk.work()
        stored.refresh_from_db()
        return stored

    def last(self, address: str) -> EmailMessage:
        """The newest letter to an address."""
        return self.desk.letters_to(address)[-1]


@pytest.fixture
def post(desk: Desk) -> RealPost:
    """A postman, and a registry that knows two networks of two holders' numbers."""
    for name, mailbox in (("AS64496", "tech"), ("192.0.2.0/24", "hostmaster")):
        desk.registry.facts[any_network(name)] = RegistryFacts(
            registry="ripencc",
            handle=name,
            holder="Example Access Networks",
            contacts=(RegistryContact("technical", f"{mailbox}@example.org"),),
        )
    return RealPost(desk)


def confirmation(letter: EmailMessage) -> str:
    return "CONFIRM " + str(letter.body).split("this code:")[1].split()[0]


def proof_code(letter: EmailMessage) -> str:
    return str(letter.body).split("nobody else:")[1].split()[0]


def quoted(letter: EmailMessage) -> str:
    lines = "\n".join(f"> {each}" for each in str(letter.body).splitlines())
    return f"On Mon, 23 Nov 2026 at 09:00, Tocsin <reports@tocsin.example.org> wrote:\n{lines}\n"


def confirmed(post: RealPost) -> tuple[Request, EmailMessage]:
    message = post.deliver(mail(PROSE))
    assert message.reason == "new_request"
    letter = post.last("ada@example.org")
    said = f"{confirmation(letter)}\n\nKind regards\nAda\n\n{quoted(letter)}"
    assert post.deliver(answer_to(letter, said)).reason == "confirmed"
    request = Request.objects.get()
    assert request.state == RequestState.PROVING
    return request, letter


@pytest.mark.django_db(transaction=True)
def test_from_prose_to_the_snapshot_by_mail_alone(post: RealPost, tmp_path: Path) -> None:
    request, letter = confirmed(post)
    assert request.wanted["networks"] == [
        {"kind": "asn", "value": "64496"},
        {"kind": "cidr", "value": "192.0.2.0/24"},
    ]
    assert request.wanted["recipients"] == ["noc@example.org"]
    for mailbox in ("tech", "hostmaster"):
        code = proof_code(post.last(f"{mailbox}@example.org"))
        said = f"The code is {code}\n\n{quoted(letter)}"
        assert post.deliver(answer_to(letter, said)).reason == "code_right"
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW
    staff = post.desk.signed_in(post.desk.reviewer())
    claims = list(request.claims.values_list("pk", flat=True))
    staff.post(
        f"/staff/requests/{request.pk}/decide", {"decision": "approve", "claim": claims, "note": ""}
    )
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    assert "AS64496" in str(post.last("ada@example.org").body)
    Client().post(post.desk.link_to("noc@example.org"))
    written = write_snapshot(Home(tmp_path), clock.now())
    snapshot = read_snapshot(written.path, load_catalogue())
    assert {each.organisation for each in snapshot.lists.values()} == {
        Organisation.objects.get().slug
    }


def test_a_right_code_is_no_try_at_the_other_networks(post: RealPost) -> None:
    request, letter = confirmed(post)
    code = proof_code(post.last("tech@example.org"))
    post.deliver(answer_to(letter, f"Code: {code}"))
    states = {str(each.network): each for each in request.claims.all()}
    assert states["AS64496"].state == ClaimState.PROVEN
    assert (states["192.0.2.0/24"].state, states["192.0.2.0/24"].tries) == (ClaimState.ASKED, 0)


def test_after_three_wrong_codes_a_new_one_comes_by_mail(post: RealPost) -> None:
    request, letter = confirmed(post)
    for wrong in ("AAAA2222", "BBBB3333", "CCCC4444"):
        assert post.deliver(answer_to(letter, wrong)).reason == "wrong_code"
    before = len(post.desk.letters_to("tech@example.org"))
    post.deliver(answer_to(letter, "Please send a NEW CODE."))
    post.deliver(answer_to(letter, "NEW CODE"))
    assert len(post.desk.letters_to("tech@example.org")) == before + 1
    for mailbox in ("tech", "hostmaster"):
        code = proof_code(post.last(f"{mailbox}@example.org"))
        assert post.deliver(answer_to(letter, code)).reason == "code_right"
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW


def test_staff_ask_back_are_answered_and_it_is_confirmed_once_more(post: RealPost) -> None:
    request, letter = confirmed(post)
    for mailbox in ("tech", "hostmaster"):
        post.deliver(answer_to(letter, proof_code(post.last(f"{mailbox}@example.org"))))
    staff = post.desk.signed_in(post.desk.reviewer())
    staff.post(
        f"/staff/requests/{request.pk}/decide",
        {"decision": "ask", "words": "Is 192.0.2.0/24 used by you alone?", "note": ""},
    )
    question = post.last("ada@example.org")
    assert "by you alone" in str(question.body)
    message = post.deliver(answer_to(question, f"Yes, by us alone.\n\n{quoted(question)}"))
    assert message.reason == "answer"
    again = post.last("ada@example.org")
    assert post.deliver(answer_to(again, confirmation(letter))).reason == "wrong_code"
    assert post.deliver(answer_to(again, confirmation(again))).reason == "confirmed"
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW
    assert {each.state for each in Claim.objects.all()} == {ClaimState.PROVEN}
    assert "by us alone" in request.wanted["note"]


def test_a_refusal_ends_it_and_an_answer_to_it_reaches_people(post: RealPost) -> None:
    request, _ = confirmed(post)
    staff = post.desk.signed_in(post.desk.reviewer())
    staff.post(
        f"/staff/requests/{request.pk}/decide",
        {"decision": "refuse", "words": "The registry knows you under another name.", "note": ""},
    )
    letter = post.last("ada@example.org")
    assert "another name" in str(letter.body)
    assert post.deliver(answer_to(letter, "Why? AS64497 is ours.")).reason == "for_staff"
    request.refresh_from_db()
    assert request.state == RequestState.REFUSED
    assert Request.objects.count() == 1


def test_no_letter_on_the_way_is_answered_by_a_machine(post: RealPost) -> None:
    _, letter = confirmed(post)
    for name in ("ada", "tech", "hostmaster"):
        for sent in post.desk.letters_to(f"{name}@example.org"):
            before = IncomingMessage.objects.count()
            body = f"I am on leave until Monday.\n{sent.body}"
            raw = answer_to(sent, body, f"{name}@example.org")
            raw = raw.replace(b"Subject: Re:", b"Auto-Submitted: auto-replied\nSubject: Re:")
            assert post.deliver(raw).reason == "automatic"
            assert post.deliver(answer_to(sent, body, f"{name}@example.org"), "").reason == "bounce"
            assert IncomingMessage.objects.count() == before + 2
    assert {each.state for each in Claim.objects.all()} == {ClaimState.ASKED}
    assert letter


def test_two_services_that_write_to_each_other_stop_at_once(post: RealPost) -> None:
    """What one of them says is by its header no person's, whatever its domain."""
    post.deliver(mail("Hello", "Tocsin <request_report@tocsin.example.net>"))
    ours = post.last("request_report@tocsin.example.net").message()
    for name in ("From", "To", "Message-ID"):
        value = str(ours[name]).replace("tocsin.example.org", "tocsin.example.com")
        del ours[name]
        ours[name] = value
    del ours["To"]
    ours["To"] = "request_report@tocsin.example.org"
    letters = len(post.desk.letters_to("request_report@tocsin.example.net"))
    assert post.deliver(ours.as_bytes()).state == "ignored"
    assert len(post.desk.letters_to("request_report@tocsin.example.net")) == letters


SENTENCE = (
    "We recently acquired a new ASN, AS64498. Please add this to our feed, so that the total feed "
    "covers {}."
)


def by_admin(letter: EmailMessage, body: str) -> bytes:
    return answer_to(letter, body, "admin@example.org", CHANGES)


def admin_confirms(post: RealPost, organisation: Organisation, request: Request) -> None:
    account = organisation.contacts.get().account
    assert account is not None
    post.desk.signed_in(account).post(
        f"/organisations/alpha/changes/{request.pk}/confirm", {"turn": request.round}
    )
    post.desk.work()


def staff_decide(post: RealPost, request: Request, **said: object) -> None:
    reviewer = User.objects.filter(staff_role=StaffRole.REVIEWER).first() or post.desk.reviewer()
    path = f"/staff/requests/{request.pk}/decide"
    post.desk.signed_in(reviewer).post(path, {"note": "", **said})


@pytest.fixture
def alpha(post: RealPost) -> Organisation:
    """It has AS64496 and AS64497."""
    post.desk.registry.facts[any_network("AS64498")] = RegistryFacts(
        registry="ripencc",
        handle="AS64498",
        holder="Alpha",
        contacts=(RegistryContact("technical", "tech@example.org"),),
    )
    return subscribed(networks=("AS64496", "AS64497")).organisation


def test_the_sentence_becomes_a_change_once_the_admin_confirms(
    post: RealPost, alpha: Organisation
) -> None:
    raw = mail(SENTENCE.format("AS64496, AS64497 and AS64498"), "admin@example.org", CHANGES)
    message = post.deliver(raw)
    assert (message.reason, message.organisation) == ("change", alpha.pk)
    request = Request.objects.get()
    assert request.state == RequestState.UNCONFIRMED
    assert "AS64498" in str(post.last("admin@example.org").body)
    letter = post.last("admin@example.org")
    answer = post.deliver(answer_to(letter, "Yes, go ahead.", "admin@example.org", CHANGES))
    request.refresh_from_db()
    assert (answer.request, request.state) == (request.pk, RequestState.UNCONFIRMED)
    admin_confirms(post, alpha, request)
    request.refresh_from_db()
    assert request.state == RequestState.PROVING
    code = proof_code(post.last("tech@example.org"))
    told = post.last("admin@example.org")
    assert post.deliver(by_admin(told, f"The code is {code}")).reason == "code_right"
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW
    staff_decide(post, request, decision="ask", words="Is AS64498 announced already?")
    question = post.last("admin@example.org")
    assert "announced already" in str(question.body)
    message = post.deliver(by_admin(question, "Yes, since Monday, by our own routers."))
    request.refresh_from_db()
    assert (message.reason, request.questions) == ("answer", [])
    assert "since Monday" in request.wanted["note"]
    admin_confirms(post, alpha, request)
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW
    assert post.deliver(by_admin(told, "Thanks for your patience!")).reason == "for_staff"
    claim = request.claims.get()
    staff_decide(post, request, decision="approve", claim=[claim.pk])
    networks = Network.objects.filter(organisation=alpha, state=NetworkState.ACTIVE)
    assert set(networks.values_list("value", flat=True)) == {"64496", "64497", "64498"}
    assert Request.objects.count() == 1


def test_a_total_that_does_not_agree_is_asked_about_and_the_answer_goes_on(
    post: RealPost, alpha: Organisation
) -> None:
    raw = mail(SENTENCE.format("AS64496 and AS64498"), "admin@example.org", CHANGES)
    post.deliver(raw)
    request = Request.objects.get()
    assert (request.state, request.organisation) == (RequestState.ASKED, alpha)
    letter = post.last("admin@example.org")
    assert "AS64497" in str(letter.body)
    said = (
        "Sorry, AS64497 stays: the total is AS64496, AS64497 and AS64498. Please add AS64498.\n\n"
        + quoted(letter)
    )
    message = post.deliver(answer_to(letter, said, "admin@example.org", CHANGES))
    assert message.reason == "answer"
    request.refresh_from_db()
    assert (request.questions, request.state) == ([], RequestState.UNCONFIRMED)


def test_a_thank_you_for_a_draft_leaves_it_as_it_is_and_one_word_takes_it_back(
    post: RealPost, alpha: Organisation
) -> None:
    raw = mail(SENTENCE.format("AS64496, AS64497 and AS64498"), "admin@example.org", CHANGES)
    post.deliver(raw)
    request = Request.objects.get()
    letter = post.last("admin@example.org")
    before = (request.change, request.round, len(post.desk.letters_to("admin@example.org")))
    post.deliver(answer_to(letter, f"Thank you!\n\n{quoted(letter)}", "admin@example.org", CHANGES))
    request.refresh_from_db()
    assert (request.change, request.round) == before[:2]
    assert request.state == RequestState.UNCONFIRMED
    for _ in range(3):
        post.deliver(answer_to(letter, "Thanks again!", "admin@example.org", CHANGES))
    assert len(post.desk.letters_to("admin@example.org")) == before[2] + 1
    post.deliver(answer_to(letter, "WITHDRAW", "admin@example.org", CHANGES))
    request.refresh_from_db()
    assert request.state == RequestState.WITHDRAWN


def test_a_stranger_with_the_number_of_a_request_changes_nothing(post: RealPost) -> None:
    request, _ = confirmed(post)
    before = Request.objects.values().get(pk=request.pk)
    raw = mail("Add AS64499.", "eva@example.com", subject=f"Re: [Tocsin #{request.pk}] networks")
    assert post.deliver(raw).request != request.pk
    assert Request.objects.values().get(pk=request.pk) == before


def test_html_alone_is_read(post: RealPost) -> None:
    paragraphs = "".join(f"<p>{each}</p>" for each in PROSE.split("\n\n"))
    raw = mail("x").replace(b"text/plain", b"text/html")
    head, _, _ = raw.partition(b"\n\n")
    hidden = '<p style="display:none">Our network is AS64499</p><script>AS64500</script>'
    html = f"<html><body>{paragraphs}{hidden}</body></html>"
    assert post.deliver(head + b"\n\n" + html.encode()).reason == "new_request"
    networks = Request.objects.get().wanted["networks"]
    assert {each["value"] for each in networks} == {"64496", "192.0.2.0/24"}


def test_codes_are_found_as_people_write_them(post: RealPost) -> None:
    _, letter = confirmed(post)
    code = proof_code(post.last("tech@example.org"))
    split = f"{code[:4]} {code[4:]}"
    message = post.deliver(answer_to(letter, f"Hi, our engineer says the code is: {split}."))
    assert message.reason == "code_right"


def test_a_network_that_is_taken_back_in_an_answer_to_staff_leaves_an_audit_line(
    post: RealPost,
) -> None:
    request, _ = confirmed(post)
    staff_decide(post, request, decision="ask", words="Which of these are yours?")
    question = post.last("ada@example.org")
    post.deliver(answer_to(question, "Networks: AS64496"))
    again = post.last("ada@example.org")
    assert post.deliver(answer_to(again, confirmation(again))).reason == "confirmed"
    assert [str(each.network) for each in request.claims.all()] == ["AS64496"]
    (line,) = AuditLine.objects.filter(verb="claim.dropped")
    assert line.before is not None
    assert (line.request, line.before["network"]) == (request.pk, "192.0.2.0/24")


def test_no_machine_proves_by_sending_the_proof_letter_back(post: RealPost) -> None:
    """Who asks may be the contact of the registry, and their mailbox that of a ticket system."""
    network = any_network("AS64496")
    contacts = (RegistryContact("technical", "ada@example.org"),)
    post.desk.registry.facts[network] = replace(
        post.desk.registry.facts[network], contacts=contacts
    )
    request, letter = confirmed(post)
    proofs = [
        each for each in post.desk.letters_to("ada@example.org") if "nobody else:" in each.body
    ]
    (proof,) = proofs
    for body in (str(proof.body), quoted(proof), " ".join(str(proof.body).split())):
        assert post.deliver(answer_to(proof, f"Ticket 7 was opened.\n\n{body}")).state == "taken"
    claim = request.claims.get(kind="asn")
    assert (claim.state, claim.tries) == (ClaimState.ASKED, 0)
    assert post.deliver(answer_to(letter, proof_code(proof))).reason == "code_right"
