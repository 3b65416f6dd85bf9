"""A corpus of mails as people write them, each with what is to be read in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service.mailbox.reading.mail_text import MailText, mail_text
from tocsin.service.mailbox.reading.read import read_change, read_objection, read_request
from tocsin.service.subscribers.changes.value import NamedContact

MAILS = Path(__file__).parent / "mails"
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


def corpus(pattern: str) -> list[Any]:
    return [
        pytest.param(each, id=f"{path.stem}: {each['name']}")
        for path in sorted(MAILS.glob(pattern))
        for each in yaml.safe_load(path.read_text("utf-8"))
    ]


def parsed(said: dict[str, Any]) -> MailText:
    if "raw" in said:
        return mail_text(message_from_bytes(said["raw"].encode(), policy=policy.default))
    message = EmailMessage()
    message["From"] = said.get("from", "Jane Doe <jane@example.org>")
    message["Subject"] = said.get("subject", "Reports")
    message.set_content(said["mail"])
    return mail_text(message)


def shown(value: object) -> object:
    """A value as the corpus writes it."""
    if isinstance(value, tuple):
        return [shown(each) for each in value]
    if isinstance(value, NamedContact):
        return f"{value.full_name} <{value.address}>"
    if isinstance(value, SuppressionKind):
        return value.value
    if isinstance(value, (str, int, dict, dt.datetime)):
        return value
    return str(value)


def told(result: Any) -> dict[str, object]:
    """What is not empty."""
    values = {each.name: getattr(result, each.name) for each in fields(result)}
    return {name: shown(value) for name, value in values.items() if value}


@pytest.mark.parametrize("said", corpus("request*.yaml"))
def test_a_request_is_read_as_it_is_meant(said: dict[str, Any]) -> None:
    expected = dict(said["expect"])
    if "from" not in said or "Jane" in said["from"]:
        expected.setdefault("full_name", "Jane Doe")
    assert told(read_request(parsed(said))) == {k: v for k, v in expected.items() if v}


@pytest.mark.parametrize("said", corpus("changes*.yaml"))
def test_a_change_is_read_as_it_is_meant(said: dict[str, Any]) -> None:
    assert told(read_change(parsed(said))) == said["expect"]


@pytest.mark.parametrize("said", corpus("objections*.yaml"))
def test_an_objection_is_read_as_it_is_meant(said: dict[str, Any]) -> None:
    found = told(partial(read_objection, now=NOW)(parsed(said)))
    found.pop("note")
    assert found == said["expect"]


def test_the_corpus_is_large() -> None:
    assert len(corpus("*.yaml")) >= 120
