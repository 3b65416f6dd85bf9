"""Messages as files: the name of each tells what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core import mail as sent
from tests.service.mailbox.post import Post

from tocsin.service.audit.models import AuditLine
from tocsin.service.letters.models import Letter
from tocsin.service.mailbox.counts import count_messages
from tocsin.service.mailbox.models import MessageState

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.eml"))


def expected(path: Path) -> tuple[str, str]:
    state, reason, _ = path.stem.split("-", 2)
    return state, reason


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_message_ends_as_its_name_says(path: Path, post: Post) -> None:
    message = post.deliver(path.read_bytes())
    assert (message.state, message.reason) == expected(path)
    line = AuditLine.objects.get(verb=f"message.{message.state}")
    assert line.after == {"from": message.from_address, "reason": message.reason}


@pytest.mark.parametrize("path", [p for p in CORPUS if p.stem.startswith("ignored-")], ids=str)
def test_a_machine_is_never_answered(path: Path, post: Post) -> None:
    message = post.deliver(path.read_bytes())
    answered = message.reason == "wrong_address"
    assert Letter.objects.exists() is answered


def test_nothing_is_lost_and_the_sums_agree(post: Post) -> None:
    for path in CORPUS:
        post.deliver(path.read_bytes())
        post.deliver(path.read_bytes())
    counts = count_messages()
    assert counts.total == len(CORPUS)
    assert sum(counts.of(state) for state in MessageState) == len(CORPUS)
    assert counts.of(MessageState.WAITING) == 0
    assert {(state, reason) for state, reason, _ in counts.by_reason} == set(map(expected, CORPUS))


def test_nothing_gets_into_the_header_of_a_letter(post: Post) -> None:
    for path in CORPUS:
        post.deliver(path.read_bytes())
    assert sent.outbox
    for letter in sent.outbox:
        message = letter.message()
        assert "Bcc" not in message
        assert all("\n" not in str(value) for value in message.values())
        assert len(letter.recipients()) == 1
