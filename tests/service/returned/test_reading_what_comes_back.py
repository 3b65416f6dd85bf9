"""What comes back is read right, in the forms of many servers, and whatever is done to break it."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.service.returned.samples import ADDRESS, CORPUS, MESSAGE_ID, RETURN_PATH, Ours, filled

from tocsin.service.delivery.bounces.bounce import Bounce, Complaint, NotReturned
from tocsin.service.delivery.bounces.phrases import phrases, verdict_of, verdict_of_reply
from tocsin.service.delivery.bounces.read import read_returned
from tocsin.service.mailbox.parsing import Malformed
from tocsin.service.subscribers.models import Cause

_SECOND = re.compile(r"-(not-spam|auth-failure|[a-z_]+)-")


def said_of(raw: bytes) -> tuple[str, str]:
    """What the name of a file says, as it is read."""
    found = read_returned(raw)
    if isinstance(found, Complaint):
        return "complaint", found.kind
    if isinstance(found, NotReturned):
        return "not", found.reason
    (fate,) = found.fates
    verdict = fate.verdict
    return fate.action.value, verdict.cause.value + ("_definite" if verdict.definite else "")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_each_form_is_read_for_what_it_is(path: Path) -> None:
    kind, _, rest = path.stem.partition("-")
    second = _SECOND.match(f"-{rest}")
    assert second is not None
    assert said_of(filled(path, Ours())) == (kind, second[1])


@pytest.mark.parametrize(
    "path",
    [each for each in CORPUS if not each.stem.startswith("not-")],
    ids=lambda path: path.stem,
)
def test_our_message_is_found_in_what_comes_back(path: Path) -> None:
    found = read_returned(filled(path, Ours()))
    assert isinstance(found, Bounce | Complaint)
    traces = found.traces
    assert MESSAGE_ID in traces.message_ids or RETURN_PATH in traces.return_paths


@pytest.mark.parametrize(
    "path", [each for each in CORPUS if each.stem.startswith("failed-")], ids=lambda path: path.stem
)
def test_whom_it_did_not_reach_is_read(path: Path) -> None:
    found = read_returned(filled(path, Ours()))
    assert isinstance(found, Bounce)
    (fate,) = found.fates
    assert fate.original == ADDRESS or fate.recipient in (ADDRESS, "")


@pytest.mark.parametrize(
    ("reply", "cause", "definite"),
    [
        ("550 5.1.1 <a@example.org>: user unknown", Cause.NO_ADDRESS, True),
        ("550 no such user", Cause.NO_ADDRESS, False),
        ("550 5.1.1 you are on a blocklist", Cause.POLICY, False),
        ("552 5.2.2 mailbox full", Cause.FULL, False),
        ("552 5.3.4 too much", Cause.TOO_LARGE, False),
        ("554 5.7.1 attachment type is not let in", Cause.CONTENT, False),
        ("554 5.7.1 no", Cause.POLICY, False),
        ("451 4.4.1 no answer from host", Cause.UNREACHABLE, False),
        ("554 no", Cause.OTHER, False),
        ("", Cause.OTHER, False),
        ("550 10.5.1.1 is not welcome", Cause.OTHER, False),
    ],
)
def test_a_reply_of_a_server_is_judged(reply: str, cause: Cause, *, definite: bool) -> None:
    found = verdict_of_reply(reply)
    assert (found.cause, found.definite) == (cause, definite)


def test_words_count_only_where_codes_are_vague() -> None:
    assert verdict_of("5.2.2", "user unknown").cause is Cause.FULL
    assert verdict_of("5.7.1", "user unknown").cause is Cause.NO_ADDRESS
    assert verdict_of("5.0.0", "", "user unknown").cause is Cause.NO_ADDRESS
    assert verdict_of("5.7.1", "mailbox full", "user unknown").cause is Cause.FULL


def test_the_table_has_every_cause_and_no_phrase_that_another_hides() -> None:
    table = phrases()
    assert {cause for cause, _ in table.causes} == set(Cause) - {Cause.OTHER}
    for cause, known in table.causes:
        for each in known:
            assert table.cause_in(each) is cause, each


@settings(max_examples=cases(150), deadline=None)
@given(st.sampled_from(CORPUS), st.data())
def test_what_is_cut_or_garbled_never_breaks_the_reader(path: Path, data: st.DataObject) -> None:
    raw = bytearray(filled(path, Ours()))
    for _ in range(data.draw(st.integers(0, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(1, len(raw)))
    with suppress(Malformed):
        read_returned(bytes(raw[:end]))


@settings(max_examples=cases(100), deadline=None)
@given(st.binary(max_size=500))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(Malformed):
        read_returned(raw)


def test_a_thousand_recipients_and_endless_lines_take_no_time() -> None:
    blocks = "\n".join(
        f"Final-Recipient: rfc822; a{n}@example.org\nAction: failed\n" for n in range(90)
    )
    head = (
        "From: MAILER-DAEMON@example.org\nSubject: Undeliverable\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
        "Content-Type: message/delivery-status\n\n"
    )
    found = read_returned((head + blocks + "\n--b--\n").encode())
    assert isinstance(found, Bounce)
    assert len(found.fates) == 90
    long = "Diagnostic-Code: smtp; " + "550 a@a " * 200_000
    found = read_returned((head + "Final-Recipient: rfc822; a@example.org\n" + long).encode())
    assert isinstance(found, Bounce)
    assert len(found.fates[0].said) <= 1_000
