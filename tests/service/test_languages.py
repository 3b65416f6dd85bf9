"""Every language says what English says: the same words, places to fill, and marks of HTML."""

from __future__ import annotations

import re
from collections import Counter
from email import message_from_bytes, policy
from email.headerregistry import UnstructuredHeader
from functools import partial
from pathlib import Path

import pytest
import yaml
from tests.service.desk import Desk
from tests.service.said_in_languages import LETTERS, PLAIN
from tests.service.said_in_mails import messages

from tocsin.model.severity import Severity
from tocsin.service import languages
from tocsin.service.delivery.compose.body import body_of
from tocsin.service.delivery.compose.templates import TEXTS as MAILS
from tocsin.service.delivery.compose.templates import template
from tocsin.service.delivery.compose.with_pictures import MessageWithPictures
from tocsin.service.languages import DEFAULT, LANGUAGES, words
from tocsin.service.letters.compose import TEXTS as LETTER_TEXTS
from tocsin.service.letters.compose import compose
from tocsin.service.secret import Secret
from tocsin.service.subscribers.lists.preference_values import preference
from tocsin.service.subscribers.models import ContactOrigin
from tocsin.service.subscribers.models.address_health import Cause

CHOICES = ", ".join(LANGUAGES)
OTHERS = sorted(set(LANGUAGES) - {DEFAULT})
TRANSLATED = {each.name.split(".")[0] for each in LETTER_TEXTS.glob(f"*.{OTHERS[0]}.txt")}
ENGLISH = [
    *sorted(MAILS.glob(f"*.{DEFAULT}.*")),
    *sorted(LETTER_TEXTS / f"{each}.{DEFAULT}.txt" for each in TRANSLATED),
]
SECRET = Secret(b"only for the tests, thirty-two bytes")

_ENDINGS = ("pluralize", "from_two")
_ARGUMENT = re.compile(r'(date|day|thousands)(:"[^"]*")?')


def in_language(path: Path, language: str) -> Path:
    return path.with_name(path.name.replace(f".{DEFAULT}.", f".{language}."))


def places(text: str) -> Counter[str]:
    """What is filled in, how often. How a day or a number is written is up to the language."""
    found = re.findall(r"\{\{ *(.*?) *\}\}", text)
    shown = [each for each in found if each.split("|")[-1].split(":")[0] not in _ENDINGS]
    return Counter(re.sub(r"\|day$", "", _ARGUMENT.sub(r"\1", each)) for each in shown)


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(r"\{% *(.*?) *%\}", text)
    return [each.replace(f".{language}.", ".") for each in found]


def marks(text: str) -> list[str]:
    """The tags of HTML; what is English in it says so in other languages."""
    bare = re.sub(r"\{[{%].*?[}%]\}", "", text)
    return [re.sub(r' (lang|alt)="[^"]*"', "", each) for each in re.findall(r"<[^>]*>", bare)]


def links(text: str) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]*)"', text)


def test_there_are_german_and_french_besides_english() -> None:
    assert dict(LANGUAGES).items() >= {"de": "Deutsch", "en": "English", "fr": "Français"}.items()


@pytest.mark.parametrize("language", OTHERS)
def test_texts_and_words_are_all_that_a_language_needs(language: str) -> None:
    for english in ENGLISH:
        assert in_language(english, language).is_file(), english.name
    for folder in (MAILS, LETTER_TEXTS):
        assert all(
            (folder / each.name.replace(f".{language}.", f".{DEFAULT}.")).is_file()
            for each in folder.glob(f"*.{language}.*")
        )


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("english", ENGLISH, ids=lambda each: each.name)
def test_a_text_has_the_places_blocks_and_marks_of_the_english_one(
    english: Path, language: str
) -> None:
    text = english.read_text("utf-8")
    other = in_language(english, language).read_text("utf-8")
    assert places(other) == places(text)
    assert blocks(other, language) == blocks(text, DEFAULT)
    assert marks(other) == marks(text)
    assert links(other) == links(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_word(language: str) -> None:
    said = words(language)
    assert set(said.marks) == {"delayed", "partial"}
    assert set(said.severities) == {each.word for each in Severity}
    assert set(said.origins) == set(ContactOrigin.values)
    assert set(said.causes) == set(Cause.values)
    every = [said.marks, said.severities, said.origins, said.causes]
    assert all(word and word.isprintable() for each in every for word in each.values())


def test_causes_are_in_english_what_staff_read() -> None:
    assert dict(words("en").causes) == dict(Cause.choices)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_can_be_said(language: str) -> None:
    for said in messages(language).values():
        body = body_of(said)
        assert f'<html lang="{language}">' in body.html
        for part in (body.subject, body.text, body.html):
            assert not re.search(r"\{\{|\{%|None", part)
        long = [each for each in body.text.splitlines() if len(each) > 100]
        assert not [each for each in long if "http" not in each]


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_words_stay_words_in_every_language(language: str) -> None:
    body = body_of(messages(language)["hostile-words"])
    assert "\n" not in body.subject
    for part in (body.html, body.text):
        assert not re.search("[\u202e\x00\x1b]", part)
    assert "<img src=x>" not in body.html
    assert "&lt;img src=x&gt;" in body.html
    assert "Evil <b>" not in body.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PLAIN)
def test_every_plain_mail_can_be_said(name: str, language: str) -> None:
    kind, _, _ = name.partition("-")
    text = template(kind, language, "txt").render(PLAIN[name])
    _is_whole(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_can_be_said(desk: Desk, name: str, language: str) -> None:
    composed = compose(name.partition("-")[0], LETTERS[name], SECRET, language)
    _is_whole(f"{composed.subject}\n{composed.body}", language)


def _is_whole(text: str, language: str) -> None:
    assert not re.search(r"\{\{|\{%|None|\(\)|  \.", text)
    lines = text.splitlines()[1:]
    assert not [each for each in lines if len(each) > 110 and "http" not in each]
    if language != DEFAULT:
        assert not re.search(r"\b(the|and|you|your|this|of)\b", text)


def test_every_translated_letter_is_tried() -> None:
    assert {each.partition("-")[0] for each in LETTERS} == TRANSLATED


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_beyond_ascii_passes_every_server_as_it_is(desk: Desk, language: str) -> None:
    body = body_of(messages(language)["digest"])
    subject = f"{body.subject} “{'ä' * 150}”"
    made = MessageWithPictures(subject, body.text, "a@example.org", ["b@example.org"])
    made.attach_alternative(body.html, "text/html")
    raw = made.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg] # Django's own takes it
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    read = message_from_bytes(raw, policy=policy.default)
    assert isinstance(read["Subject"], UnstructuredHeader)
    assert str(read["Subject"]) == subject
    lines = [each for each in raw.split(b"\r\n") if b"=?utf-8?" in each]
    assert len(lines) > 3
    assert lines[0].startswith(b"Subject: =?")
    assert all(len(each) <= 76 for each in lines)
    text, html = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == body.text
    assert html.get_content().replace("\r\n", "\n") == body.html


def test_what_is_no_language_is_refused_with_those_there_are() -> None:
    assert preference("language", "DE") == "de"
    for reader in (partial(preference, "language"), languages.language_named):
        with pytest.raises(ValueError, match=f"“xx” is no language; there are {CHOICES}"):
            reader("xx")


def test_lists_in_several_languages_share_none() -> None:
    shared = languages.shared_language
    assert [shared(each) for each in ([], ["de"], ["fr", "fr"], ["de", "fr"], ["xx"])] == [
        "en", "de", "fr", "en", "en",
    ]  # fmt: skip


def test_files_alone_make_a_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = yaml.safe_load((languages._FOLDER / "fr.yaml").read_text("utf-8"))
    text = yaml.safe_dump({**said, "language": "Nederlands"}, allow_unicode=True)
    (tmp_path / "nl.yaml").write_text(text, "utf-8")
    monkeypatch.setattr(languages, "_FOLDER", tmp_path)
    assert languages._languages() == {"nl": "Nederlands"}
