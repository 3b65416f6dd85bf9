"""The whole way by mail, and what must not go it: machines, strangers, forgers."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.mail import EmailMessage
from tests.service.mailbox.post import (
    CHANGES,
    COMPLETE,
    OBJECTIONS,
    REQUESTS,
    Post,
    answer_to,
    mail,
)
from tests.service.many import many_like

from tocsin.service import clock, installation
from tocsin.service.letters.models import Letter
from tocsin.service.mailbox.codes import confirmations, proof_codes
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.store import Envelope, store_message
from tocsin.service.subscribers.changes import changing
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Contact,
    ContactState,
    Organisation,
    Request,
    RequestChannel,
    RequestKind,
    RequestState,
)
from tocsin.service.subscribers.requests import asking
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.values import any_network
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.verification import claims
from tocsin.service.verification.facts import RegistryContact, RegistryFacts


def confirmation_of(letter: EmailMessage) -> str:
    """What a person makes of the letter that asks to confirm."""
    code = str(letter.body).split("this code:")[1].split()[0]
    return f"CONFIRM {code}"


def quoted(letter: EmailMessage) -> str:
    return "\n".join(f"> {each}" for each in str(letter.body).splitlines())


@pytest.fixture
def asked(post: Post) -> EmailMessage:
    """A complete request, and the letter that asks to confirm it."""
    registry = post.desk.registry
    registry.facts[any_network("AS64496")] = RegistryFacts(
        registry="ripencc",
        handle="AS64496",
        contacts=(RegistryContact("technical", "tech@example.org"),),
    )
    post.deliver(mail(COMPLETE))
    return post.desk.letters_to("ada@example.org")[-1]


def test_the_whole_way_by_mail_only(post: Post, asked: EmailMessage) -> None:
    message = post.deliver(answer_to(asked, confirmation_of(asked) + "\n" + quoted(asked)))
    request = Request.objects.get()
    assert (message.reason, message.request) == ("confirmed", request.pk)
    assert request.state == RequestState.PROVING
    proof = post.desk.letters_to("tech@example.org")[-1]
    code = str(proof.body).split("nobody else:")[1].split()[0]
    message = post.deliver(answer_to(asked, f"The code is {code}, says our engineer."))
    assert message.reason == "code_right"
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW
    assert request.channel == RequestChannel.MAIL
    assert request.mail_evidence["domain"] == "example.org"


def test_what_is_missing_is_asked_back_and_the_answer_goes_on(post: Post) -> None:
    post.deliver(mail("name: Ada Example\nnetworks: AS64496\n"))
    questions = post.desk.letters_to("ada@example.org")[-1]
    assert "name of your organisation" in str(questions.body)
    rest = "organisation: Example\nrecipients: noc@example.org\nphone: +1 202 555 0100"
    message = post.deliver(answer_to(questions, rest))
    request = Request.objects.get()
    assert (message.reason, request.state) == ("answer", RequestState.UNCONFIRMED)
    assert request.wanted["networks"] == [{"kind": "asn", "value": "64496"}]


def test_the_number_in_the_subject_is_enough_to_go_on(post: Post) -> None:
    post.deliver(mail("name: Ada Example"))
    number = Request.objects.get().pk
    post.deliver(mail("organisation: Example", subject=f"more [Tocsin #{number}]"))
    assert Request.objects.get().organisation_name == "Example"


def test_no_machine_that_sends_the_letter_back_confirms(post: Post, asked: EmailMessage) -> None:
    body = str(asked.body)
    attempts = (
        body,  # a ticket system that forgets to quote
        quoted(asked),
        " ".join(body.split()),  # and one that makes one line of it
        body.replace("\n\n", "\n"),
        f"Your ticket 12 has been opened.\n\n{body}\n",
        f"<p>{body}</p>",
        "Yes, I confirm.\n" + quoted(asked),
        "CONFIRM\n" + quoted(asked),
        confirmation_of(asked).split()[1] + "\n" + quoted(asked),
        "> " + confirmation_of(asked),
        "CONFIRM ABCD2345",
    )
    for each in attempts:
        assert confirmations(each) in ((), ("ABCD2345",))
        post.deliver(answer_to(asked, each))
    assert Request.objects.get().state == RequestState.UNCONFIRMED
    assert Letter.objects.filter(text="mail_not_understood").count() == 1


def test_another_name_below_an_answer_changes_nothing(post: Post, asked: EmailMessage) -> None:
    assert post.deliver(answer_to(asked, "name: Support")).reason == "nothing_new"
    assert post.deliver(answer_to(asked, confirmation_of(asked))).reason == "confirmed"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X-Auto-Response-Suppress": "OOF"},
        {"Subject": "Out of Office: Re: confirm"},
    ],
)
def test_an_automatic_reply_never_confirms(
    post: Post, asked: EmailMessage, headers: dict[str, str]
) -> None:
    raw = answer_to(asked, confirmation_of(asked))
    for name, value in headers.items():
        if name == "Subject":
            raw = raw.replace(b"Subject: Re:", f"Subject: {value}".encode(), 1)
        else:
            raw = f"{name}: {value}\n".encode() + raw
    assert post.deliver(raw).state == "ignored"
    null_sender = answer_to(asked, confirmation_of(asked))
    assert post.deliver(null_sender, Envelope("", (REQUESTS,))).reason == "bounce"
    assert Request.objects.get().state == RequestState.UNCONFIRMED


def test_nobody_touches_the_request_of_somebody_else(post: Post, asked: EmailMessage) -> None:
    before = Request.objects.get()
    message = post.deliver(answer_to(asked, confirmation_of(asked), "eva@example.com"))
    assert message.reason == "new_request"
    before.refresh_from_db()
    assert before.state == RequestState.UNCONFIRMED
    assert set(Request.objects.values_list("requester", flat=True)) == {
        "ada@example.org", "eva@example.com",
    }  # fmt: skip


def test_a_code_is_void_once_the_request_has_changed(post: Post, asked: EmailMessage) -> None:
    post.deliver(answer_to(asked, "networks: AS64497"))
    message = post.deliver(answer_to(asked, confirmation_of(asked)))
    assert message.reason == "wrong_code"
    newest = post.desk.letters_to("ada@example.org")[-2]
    assert "AS64497" in str(newest.body)
    assert post.deliver(answer_to(newest, confirmation_of(newest))).reason == "confirmed"


def proving(post: Post, asked: EmailMessage) -> tuple[Claim, str]:
    post.deliver(answer_to(asked, confirmation_of(asked)))
    post.work()
    claim = Claim.objects.get()
    return claim, installation.secret().code(claims.PROOF, claims.proof_reference(claim))


def test_a_code_counts_only_in_the_thread_and_from_the_requester(
    post: Post, asked: EmailMessage
) -> None:
    claim, code = proving(post, asked)
    subject = f"[Tocsin #{claim.request_id}]"
    forged = mail(f"code: {code}", subject=subject, In_Reply_To="<tocsin.0@tocsin.example.org>")
    assert post.deliver(forged).reason == "for_staff"
    assert post.deliver(answer_to(asked, code, "eva@example.com")).reason == "new_request"
    claim.refresh_from_db()
    assert (claim.state, claim.tries) == (ClaimState.ASKED, 0)


def test_three_wrong_codes_and_the_right_one_is_too_late(post: Post, asked: EmailMessage) -> None:
    claim, code = proving(post, asked)
    for wrong in ("AAAA2222", "BBBB3333", "CCCC4444"):
        assert post.deliver(answer_to(asked, wrong)).reason == "wrong_code"
    post.deliver(answer_to(asked, code))
    claim.refresh_from_db()
    assert (claim.state, claim.tries) == (ClaimState.ASKED, 3)
    assert Letter.objects.filter(text="mail_code_wrong").count() == 1


def test_ordinary_words_are_no_codes() -> None:
    assert proof_codes("Dear all,\nplease find the EXAMPLES below.\nRegards\nADA, NETWORKS\n") == ()
    assert proof_codes("the code is abcd-2345") == ("ABCD2345",)
    assert proof_codes("  ABCDEFGH  \n") == ("ABCDEFGH",)


def test_a_contact_of_a_registry_decides_nothing_by_words(post: Post, asked: EmailMessage) -> None:
    claim, _ = proving(post, asked)
    proof = post.desk.letters_to("tech@example.org")[-1]
    message = post.deliver(answer_to(proof, "Yes, approved.", "tech@example.org"))
    assert (message.reason, message.request) == ("for_staff", claim.request_id)
    claim.refresh_from_db()
    assert claim.state == ClaimState.ASKED
    assert Letter.objects.filter(recipient="tech@example.org").count() == 2


def test_free_mail_is_told_to_write_from_the_organisation(post: Post) -> None:
    post.deliver(mail(COMPLETE, "ada@gmail.com"))
    request = Request.objects.get()
    assert request.state == RequestState.ASKED
    letter = post.desk.letters_to("ada@gmail.com")[-1]
    assert "from an address of your" in " ".join(str(letter.body).split())


def _bomb(post: Post, numbers: range) -> None:
    for number in numbers:
        store_message(mail(f"{COMPLETE}\n{number}"), Envelope(), CameBy.LISTENER, clock.now())
    post.work()


def test_a_mail_bomb_is_ignored_and_told_once(post: Post) -> None:
    _bomb(post, range(60))
    last = IncomingMessage.objects.latest("pk")
    assert last.reason == "too_many"
    # Reading all would take a minute: those between the first and the last are put beside them as
    # they were left, as the many rows that they are.
    between = range(60, 940)
    many_like(last, ({"sha256": f"{n:064x}", "message_id": f"{n}@example.org"} for n in between))
    _bomb(post, range(940, 1000))
    reasons = list(IncomingMessage.objects.values_list("reason", flat=True))
    configuration = installation.configuration().mailbox
    assert len(reasons) == 1000
    assert reasons.count("too_many") == 1000 - configuration.most_per_day
    assert reasons.count("new_request") == configuration.most_letters_per_day
    letters = Letter.objects.filter(recipient="ada@example.org")
    assert letters.count() <= configuration.most_letters_per_day + 1


def test_the_same_mail_by_two_ways_is_read_once(post: Post) -> None:
    raw = mail(COMPLETE)
    assert post.deliver(raw).reason == "new_request"
    assert post.deliver(b"Received: from elsewhere\n" + raw).reason == "duplicate"
    assert Request.objects.count() == 1


def contact(slug: str, address: str = "eva@example.com") -> Contact:
    organisation = Organisation.objects.create(slug=slug, name=slug, founded_at=clock.now())
    return Contact.objects.create(
        organisation=organisation,
        full_name="Eva",
        address=address,
        state=ContactState.ACTIVE,
        since=clock.now(),
    )


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Contact, Arrival]]:
    """What would be changed."""
    made: list[tuple[Contact, Arrival]] = []

    def open_change(
        contact: Contact, change: WantedChange, arrival: Arrival, now: dt.datetime
    ) -> Request:
        made.append((contact, arrival))
        wanted = Wanted(full_name="Eva")
        kind, organisation = RequestKind.CHANGE, contact.organisation
        return asking.open_request(wanted, arrival, now, kind=kind, organisation=organisation)

    monkeypatch.setattr(changing, "open_change", open_change)
    return made


def test_only_contacts_on_file_change_and_object(
    post: Post, changes: list[tuple[Contact, Arrival]]
) -> None:
    eva = contact("example")
    for address in (CHANGES, OBJECTIONS):
        for _ in range(3):
            message = post.deliver(mail("Please add AS64497.", "x@example.net", address))
            assert (message.state, message.reason) == ("refused", "not_on_file")
    assert changes == []
    (letter,) = post.desk.letters_to("x@example.net")
    assert "example" not in str(letter.body).replace("tocsin.example.org", "")
    message = post.deliver(mail("Please add AS64497.", "eva@example.com", CHANGES))
    assert (message.reason, message.organisation) == ("change", eva.organisation_id)
    message = post.deliver(mail("It is fixed.", "eva@example.com", OBJECTIONS))
    assert (message.reason, message.organisation) == ("objection_unclear", eva.organisation_id)
    assert [each.organisation_id for each, _ in changes] == [eva.organisation_id]
    for state in (ContactState.UNCONFIRMED, ContactState.REMOVED):
        Contact.objects.update(state=state)
        message = post.deliver(mail("Add more.", "eva@example.com", CHANGES))
        assert message.reason == "not_on_file"


def test_a_contact_of_several_says_which(post: Post) -> None:
    contact("one")
    two = contact("two")
    message = post.deliver(mail("Fixed.", "eva@example.com", OBJECTIONS))
    assert message.reason == "which_organisation"
    assert "[two]" in str(post.desk.letters_to("eva@example.com")[-1].body)
    message = post.deliver(mail("Fixed.", "eva@example.com", OBJECTIONS, subject="[two] fixed"))
    assert (message.reason, message.organisation) == ("objection_unclear", two.organisation_id)


def test_a_change_by_mail_is_a_draft_and_an_answer_goes_on_with_it(post: Post) -> None:
    eva = contact("one")
    first = post.deliver(mail("Add.", "eva@example.com", CHANGES))
    assert (first.reason, first.organisation) == ("change", eva.organisation_id)
    request = Request.objects.get()
    assert (request.kind, request.channel) == (RequestKind.CHANGE, RequestChannel.MAIL)
    assert request.state in (RequestState.ASKED, RequestState.UNCONFIRMED)
    letter = post.desk.letters_to("eva@example.com")[-1]
    message = post.deliver(answer_to(letter, "AS64497", "eva@example.com", CHANGES))
    assert (message.reason, message.request) == ("answer", request.pk)
    assert Request.objects.count() == 1


def test_an_answer_to_staff_reaches_them(post: Post, asked: EmailMessage) -> None:
    claim, code = proving(post, asked)
    post.deliver(answer_to(asked, code))
    from tocsin.service.subscribers.requests.deciding import ask_back  # noqa: PLC0415

    ask_back(claim.request, post.desk.reviewer(), "Is AS64496 yours alone?", clock.now())
    letter = post.desk.letters_to("ada@example.org")[-1]
    message = post.deliver(answer_to(letter, "It is."))
    assert message.reason == "answer"
    assert Request.objects.get().wanted["note"] == "It is."
