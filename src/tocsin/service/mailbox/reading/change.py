"""A change of a feed, read from a mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.service.mailbox.reading.draft import Unclear, as_written
from tocsin.service.mailbox.reading.forms import Field, read_form
from tocsin.service.mailbox.reading.lexer import tokenise
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.reading.people_said import person
from tocsin.service.mailbox.reading.phrases import Found, phrases_of
from tocsin.service.mailbox.reading.preferences_said import Preferences
from tocsin.service.mailbox.reading.sentences import Sentence, sentences
from tocsin.service.mailbox.reading.tokens import NETWORKS, Kind, Token
from tocsin.service.mailbox.reading.verbs import AFTER, VERBS, deeds, facts_of
from tocsin.service.mailbox.reading.words import words
from tocsin.service.subscribers.changes.value import NamedContact, WantedChange
from tocsin.service.subscribers.values import NetworkValue

_NETWORKS = NETWORKS | {Kind.ADDRESS, Kind.DOMAIN}
_FACTS = _NETWORKS | {Kind.MAIL, Kind.IDENTIFIER}
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+|[a-z]+[0-9]+")
_IGNORED = frozenset(("keep", "mention"))


@dataclass
class _Reading:
    """What has been found, each once and in its order."""

    sender: str
    add: dict[NetworkValue, bool] = field(default_factory=dict)
    remove: dict[NetworkValue, bool] = field(default_factory=dict)
    total: dict[NetworkValue, bool] = field(default_factory=dict)
    add_recipients: dict[str, bool] = field(default_factory=dict)
    remove_recipients: dict[str, bool] = field(default_factory=dict)
    add_contacts: dict[str, NamedContact] = field(default_factory=dict)
    remove_contacts: dict[str, NamedContact] = field(default_factory=dict)
    lists: dict[str, bool] = field(default_factory=dict)
    unclear: Unclear = field(default_factory=Unclear)
    leftover: list[Token] = field(default_factory=list)
    """Networks of the last sentence that had no verb: “them” of the next one."""
    last: str = ""

    def __post_init__(self) -> None:
        self.preferences = Preferences(self.unclear)

    def drop_leftover(self) -> None:
        """Nobody came to say what was meant."""
        self.unclear.add_all(each.text for each in self.leftover)
        self.leftover = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all has been understood, or marked as unclear."""
        found = (self.add, self.remove, self.total, self.add_recipients, self.remove_recipients)
        contacts = (self.add_contacts, self.remove_contacts)
        return not any((*found, *contacts, self.preferences.told(), self.unclear.told()))


def wanted_change(mail: MailText) -> WantedChange:
    """What a mail wants to have changed."""
    reading = _Reading(mail.sender)
    form = read_form(mail.body, "change")
    for each in form.fields:
        if each.text:
            _field(reading, each)
    prose = "\n".join(form.prose)
    _prose(reading, prose)
    if reading.is_empty:
        _prose(reading, mail.subject)
    if reading.is_empty:
        reading.unclear.add(prose or mail.subject)
    for name, text in mail.attached:
        _attached(reading, name, text)
    reading.unclear.cut(mail)
    return _result(reading)


def _result(reading: _Reading) -> WantedChange:
    both = [each for each in reading.add if each in reading.remove]
    reading.unclear.add_all(str(each) for each in both)
    doubled = [each for each in reading.add_recipients if each in reading.remove_recipients]
    reading.unclear.add_all(doubled)
    preferences = reading.preferences.told()
    return WantedChange(
        add=tuple(each for each in reading.add if each not in both),
        remove=tuple(each for each in reading.remove if each not in both),
        total=tuple(reading.total) if reading.total else None,
        add_recipients=tuple(each for each in reading.add_recipients if each not in doubled),
        remove_recipients=tuple(each for each in reading.remove_recipients if each not in doubled),
        add_contacts=tuple(reading.add_contacts.values()),
        remove_contacts=tuple(reading.remove_contacts.values()),
        preferences=preferences,
        lists=tuple(reading.lists),
        unclear=reading.unclear.told(),
    )


# --- forms and attachments ------------------------------------------------------------------


def _field(reading: _Reading, said: Field) -> None:
    """A field: what its label says is to be done with all that stands behind it."""
    tokens = tokenise(said.text)
    if said.meaning == "list":
        _lists(reading, [Token(Kind.WORD, "list", 0, 0, "list"), *tokens], 0)
        return
    deed, _, about = said.meaning.partition("_")
    for at in facts_of(tokens, _FACTS | {Kind.WRONG}):
        _do(reading, tokens, at, deed, about == "contacts")


def _attached(reading: _Reading, name: str, text: str) -> None:
    """Networks in a file: nothing says what is to be done with them."""
    said = [each.text for each in tokenise(text) if each.kind in _NETWORKS | {Kind.WRONG}]
    if said:
        reading.unclear.add(f"{name}: {', '.join(said)}")


# --- prose ----------------------------------------------------------------------------------


def _prose(reading: _Reading, text: str) -> None:
    for each in sentences(text):
        _sentence(reading, each)
    reading.drop_leftover()


def _sentence(reading: _Reading, sentence: Sentence) -> None:
    tokens = sentence.tokens
    found = phrases_of("change").find(tokens)
    facts = facts_of(tokens, _FACTS)
    _wrong(reading, tokens)
    for each in found:
        if each.meaning == "list_noun":
            _lists(reading, tokens, each.at)
    about_preferences = reading.preferences.read(tokens)
    if not facts:
        reading.last = deeds(tokens, (), found, "").last or reading.last
    if facts:
        if not sentence.goes_on:
            reading.drop_leftover()
        _facts(reading, sentence, found, facts)
    elif not about_preferences:
        _pronoun(reading, sentence, found)


def _facts(
    reading: _Reading, sentence: Sentence, found: Sequence[Found], facts: Sequence[int]
) -> None:
    tokens = sentence.tokens
    meanings = {each.meaning for each in found}
    mails = sum(tokens[at].kind is Kind.MAIL for at in facts)
    done = deeds(tokens, facts, found, reading.last if sentence.goes_on else "")
    reading.last = done.last
    for at in facts:
        deed = done.of[at]
        if tokens[at].kind is Kind.MAIL and (person_deed := _deed_of_person(meanings, deed, mails)):
            _do(reading, tokens, at, person_deed, about_contact=True)
        elif tokens[at].kind is Kind.DOMAIN and _is_place(tokens, at):
            continue
        elif tokens[at].kind in _NETWORKS and deed == "":
            reading.leftover.append(tokens[at])
        else:
            _do(reading, tokens, at, deed, about_contact=False)


def _deed_of_person(meanings: set[str], deed: str, people: int) -> str:
    """What is to be done with a contact, if the sentence is about one."""
    if "left" in meanings and people > 1:
        return "unsure"  # one may have left, and another come
    if "left" in meanings and "joined" not in meanings:
        return "remove"
    if "left" in meanings:
        return deed if deed in ("add", "remove") else "unsure"
    if "joined" in meanings:
        return "remove" if deed == "remove" else "add"
    if "contact_noun" in meanings and deed in ("add", "remove"):
        return deed
    return ""


def _is_place(tokens: Sequence[Token], at: int) -> bool:
    """The feed of example.org: the name of a firm rather than what is to be added."""
    return at > 0 and tokens[at - 1].value in words("change")["domain_object_not"]


def _do(
    reading: _Reading, tokens: Sequence[Token], at: int, deed: str, about_contact: bool
) -> None:
    """Keep one fact as what is to be done with it."""
    token = tokens[at]
    if deed in _IGNORED:
        return
    if token.kind is Kind.MAIL:
        _do_mail(reading, tokens, at, deed, about_contact)
    elif token.kind is Kind.IDENTIFIER:
        if deed == "remove":
            reading.preferences.leave_out(token.text)
        else:
            reading.unclear.add(token.text)
    elif token.networks and token.port is None and deed in ("add", "remove", "total"):
        held = {"add": reading.add, "remove": reading.remove, "total": reading.total}[deed]
        held.update(dict.fromkeys(token.networks, True))
    else:
        reading.unclear.add(token.text)


def _do_mail(
    reading: _Reading, tokens: Sequence[Token], at: int, deed: str, about_contact: bool
) -> None:
    address = tokens[at].value
    if deed not in ("add", "remove"):
        if address != reading.sender or deed == "unsure":
            reading.unclear.add(tokens[at].text)
    elif about_contact:
        held = reading.add_contacts if deed == "add" else reading.remove_contacts
        held[address] = NamedContact(address, _name_before(tokens, at))
    elif deed == "add":
        reading.add_recipients[address] = True
    else:
        reading.remove_recipients[address] = True


def _name_before(tokens: Sequence[Token], at: int) -> str:
    """The name of a person that stands right before an address."""
    here = at - 1
    while here >= 0 and tokens[here].text in ("(", "<", ",", ":", "-", "–"):
        here -= 1
    said: list[str] = []
    while here >= 0 and tokens[here].kind is Kind.WORD and len(said) < 4:
        if tokens[here].value in words("people")["before_name"]:
            break
        small = tokens[here].value in words("people")["within_name"]
        if not (tokens[here].text[0].isupper() or (small and said)):
            break
        said.insert(0, tokens[here].text)
        here -= 1
    for start in range(len(said) - 1):
        if name := person(" ".join(said[start:])):
            return name
    return ""


def _wrong(reading: _Reading, tokens: Sequence[Token]) -> None:
    for each in tokens:
        if each.kind is Kind.WRONG:
            reading.unclear.add(each.text)


def _lists(reading: _Reading, tokens: Sequence[Token], at: int) -> None:
    """The name of a list behind the word for it."""
    for each in tokens[at + 1 : at + 8]:
        known = each.value in words("change")["list_noun"]
        if each.kind is Kind.WORD and _SLUG.fullmatch(each.text) and not known:
            reading.lists[each.text] = True
            return


def _pronoun(reading: _Reading, sentence: Sentence, found: Sequence[Found]) -> None:
    """A sentence with a verb and no fact: “Please add it.”"""
    meanings = [
        each.meaning.removesuffix("_after") for each in found if each.meaning in VERBS | AFTER
    ]
    wanted = {each for each in meanings if each in ("add", "remove")}
    if reading.leftover and len(wanted) == 1 and "unsure" not in meanings:
        deed = wanted.pop()
        for each in reading.leftover:
            _do(reading, (each,), 0, deed, about_contact=False)
        reading.leftover = []
    if any(each.meaning == "left" for each in found):
        reading.unclear.add(as_written(sentence.tokens))
