"""A request for reports, read from a mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.service.mailbox.reading.countries_said import countries, country
from tocsin.service.mailbox.reading.draft import Unclear, before
from tocsin.service.mailbox.reading.forms import Field, Form, read_form
from tocsin.service.mailbox.reading.lexer import tokenise
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.reading.people_said import introduced, person, signed
from tocsin.service.mailbox.reading.phones_behind import bare_phones, is_fax
from tocsin.service.mailbox.reading.phrases import Found, phrases_of
from tocsin.service.mailbox.reading.sentences import Sentence, sentences
from tocsin.service.mailbox.reading.tokens import NETWORKS, SPACES, Kind, Token
from tocsin.service.mailbox.reading.words import words
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.texts import harmless

_LEAST_BARE_ASN = 1_000
_YEARS = range(1_900, 2_101)
_MOST_NETWORKS = 5_000


@dataclass
class _Reading:
    """What has been found, each once and in its order."""

    mail: MailText
    names: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    networks: dict[NetworkValue, bool] = field(default_factory=dict)
    recipients: dict[str, bool] = field(default_factory=dict)
    contacts: dict[str, bool] = field(default_factory=dict)
    phones: list[str] = field(default_factory=list)
    not_phones: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unclear: Unclear = field(default_factory=Unclear)
    role: str = ""
    about: str = ""
    """What the last sentence was about, for lists that follow it."""

    def take(self, networks: Sequence[NetworkValue]) -> None:
        self.networks.update(dict.fromkeys(networks[: _MOST_NETWORKS - len(self.networks)], True))

    def take_mail(self, address: str, role: str, said: str) -> None:
        if role == "recipient":
            self.recipients[address] = True
        elif role == "contact":
            self.contacts[address] = True
        elif address != self.mail.sender:
            self.unclear.add(said)


def wanted(mail: MailText) -> Wanted:
    """What a mail asks for."""
    reading = _Reading(mail)
    form = read_form(mail.body)
    for each in form.fields:
        if each.text:
            _FIELDS.get(each.meaning, _nothing)(reading, each)
    for sentence in sentences("\n".join(form.prose)):
        _sentence(reading, sentence)
    for name, text in mail.attached:
        _attached(reading, name, text)
    _signature(reading)
    reading.unclear.cut(mail)
    return _result(reading, form)


def _result(reading: _Reading, form: Form) -> Wanted:
    name, organisation = signed(reading.mail.signature)
    names = [*reading.names, name, person(reading.mail.sender_name)]
    organisations = [*reading.organisations, organisation]
    if not reading.phones:
        reading.unclear.add_all(reading.not_phones)
    return Wanted(
        full_name=next((each for each in names if each), ""),
        organisation=next((each for each in organisations if each), ""),
        networks=tuple(reading.networks),
        recipients=tuple(reading.recipients),
        phone=next(iter(reading.phones), ""),
        contacts=tuple(reading.contacts),
        note="\n".join(harmless(each.text, 5_000, lines=True) for each in form.said("note")),
        unclear=reading.unclear.told(),
    )


# --- fields of a form -----------------------------------------------------------------------


def _nothing(reading: _Reading, said: Field) -> None:
    """Labels that we know and do not ask for."""


def _name(reading: _Reading, said: Field) -> None:
    reading.names.insert(0, person(said.text))


def _organisation(reading: _Reading, said: Field) -> None:
    reading.organisations.insert(0, harmless(said.text, 200).strip(" *_"))


def _networks(reading: _Reading, said: Field) -> None:
    about_asns = said.written.startswith(("as", "autonom", "numéro d'as"))
    tokens = tokenise(f"ASN: {said.text}")[2:] if about_asns else tokenise(said.text)
    if len(tokens) == 1 and (found := country(said.text)):
        reading.take((found,))
        return
    for at, token in enumerate(tokens):
        if token.kind in (*NETWORKS, Kind.DOMAIN, Kind.ADDRESS):
            if not _is_one_of_two(reading, tokens, at):
                _claim(reading, token)
        elif token.kind in (Kind.WRONG, Kind.MAIL) or (
            token.kind is Kind.NUMBER and len(token.text) > 2
        ):
            reading.unclear.add(token.text)


def _claim(reading: _Reading, token: Token) -> None:
    if token.port is None:
        reading.take(token.networks)
    else:
        reading.unclear.add(token.text)


def _country(reading: _Reading, said: Field) -> None:
    found = country(said.text)
    if found is None:
        reading.unclear.add(said.text)
    else:
        reading.take((found,))


def _addressed(role: str, reading: _Reading, said: Field) -> None:
    """A field of mail addresses."""
    tokens = tokenise(said.text)
    taken = False
    for each in tokens:
        if each.kind is Kind.MAIL:
            reading.take_mail(each.value, role, each.text)
            taken = True
        elif each.kind is Kind.WRONG:
            reading.unclear.add(each.text)
            taken = True
        elif each.kind is Kind.PHONE:
            reading.phones.append(each.value)
    mine = phrases_of("request", "myself").find(_as_said_to(tokens))
    if mine and role == "recipient":
        _take_sender(reading)
    elif not taken and not (role == "contact" and _contact_is_a_person(reading, said)):
        reading.unclear.add(said.text)


def _as_said_to(tokens: list[Token]) -> list[Token]:
    """“Recipients: me” as “to me”."""
    return [Token(Kind.WORD, "to", 0, 0, "to"), *tokens]


def _contact_is_a_person(reading: _Reading, said: Field) -> bool:
    name = person(said.text.split("\n")[0].partition(", +")[0])
    if name:
        reading.names.append(name)
    return bool(name)


def _phone(reading: _Reading, said: Field) -> None:
    found = [each.value for each in tokenise(said.text) if each.kind is Kind.PHONE]
    reading.phones = found + reading.phones
    if not found:
        reading.not_phones.append(said.text)


_FIELDS = {
    "full_name": _name,
    "organisation": _organisation,
    "networks": _networks,
    "domains": _networks,
    "country": _country,
    "recipients": lambda reading, said: _addressed("recipient", reading, said),
    "contacts": lambda reading, said: _addressed("contact", reading, said),
    "phone": _phone,
}


# --- prose ----------------------------------------------------------------------------------


def _sentence(reading: _Reading, sentence: Sentence) -> None:
    tokens = sentence.tokens
    found = phrases_of("request").find(tokens)
    name, organisation = introduced(tokens)
    reading.names.append(name)
    reading.organisations.append(organisation)
    if not sentence.goes_on:
        reading.role = reading.about = ""
    _mails(reading, sentence, found)
    _country_said(reading, sentence, found)
    for at, token in enumerate(tokens):
        if token.kind in NETWORKS or token.kind in (Kind.ADDRESS, Kind.DOMAIN):
            _network_said(reading, sentence, found, at)
        elif token.kind is Kind.WRONG and not _is_version(tokens, at):
            reading.unclear.add(token.text)
        elif token.kind is Kind.PHONE and not is_fax(tokens, at):
            reading.phones.append(token.value)
        elif _is_doubtful_asn(tokens, at):
            reading.unclear.add_tokens(tokens[at : at + 2])
    reading.not_phones += bare_phones(tokens, found)
    reading.about = _topic(found) or reading.about


def _topic(found: Sequence[Found]) -> str:
    topics = [f.meaning for f in found if f.meaning in ("network_noun", "domain_noun", "not_ours")]
    return topics[-1] if topics else ""


def _mails(reading: _Reading, sentence: Sentence, found: Sequence[Found]) -> None:
    marks = [each for each in found if each.meaning in ("recipient", "contact")]
    for at, token in enumerate(sentence.tokens):
        if token.kind is Kind.MAIL:
            reading.take_mail(token.value, _role(reading, marks, at), token.text)
    if marks:
        reading.role = marks[-1].meaning
    if reading.role == "recipient" and phrases_of("request", "myself").find(sentence.tokens):
        _take_sender(reading)


def _role(reading: _Reading, marks: Sequence[Found], at: int) -> str:
    """By the nearest word before an address; else by the first behind it."""
    earlier = [each.meaning for each in marks if each.at < at]
    if earlier:
        return earlier[-1]
    return marks[0].meaning if marks else reading.role


def _take_sender(reading: _Reading) -> None:
    try:
        reading.recipients[mail_address(reading.mail.sender)] = True
    except ValueError:
        reading.unclear.add(reading.mail.sender)


def _network_said(reading: _Reading, sentence: Sentence, found: Sequence[Found], at: int) -> None:
    token = sentence.tokens[at]
    excluded = _excluded(sentence, found, at)
    if excluded == "not_ours" or (sentence.goes_on and reading.about == "not_ours"):
        return
    if excluded:
        start = max(each.at for each in found if each.meaning == "except" and each.at < at)
        reading.unclear.add_tokens(sentence.tokens[start : at + 1])
    elif token.kind is Kind.DOMAIN:
        _domain_said(reading, sentence, found, at)
    elif token.kind is Kind.ADDRESS:
        _address_said(reading, sentence, found, at)
    elif not _is_one_of_two(reading, sentence.tokens, at):
        reading.take(token.networks)


def _excluded(sentence: Sentence, found: Sequence[Found], at: int) -> str:
    """`except` or `not_ours` if the words around a network say so; else empty."""
    closest = [f for f in found if f.at < at and f.meaning in ("except", "not_ours")]
    if closest:
        last = closest[-1]
        between = sentence.tokens[last.end : at]
        # “Our upstream is AS64511, and our network is AS64496”: a noun of ours begins anew.
        anew = any(f.meaning == "network_noun" and f.at >= last.end for f in found if f.at < at)
        ours = any(each.value in ("our", "unser", "unsere", "notre", "nos") for each in between)
        if not (ours and (anew or last.meaning == "not_ours")):
            return last.meaning
    following = [f for f in found if f.at > at and f.meaning == "not_ours"]
    if following:
        between = sentence.tokens[at + 1 : following[0].at]
        if len(between) <= 4 and not any(each.text in (",", ";") for each in between):
            return "not_ours"
    return ""


def _domain_said(reading: _Reading, sentence: Sentence, found: Sequence[Found], at: int) -> None:
    token = sentence.tokens[at]
    nouns = [f.meaning for f in found if f.at < at and f.meaning.endswith("_noun")]
    if "domain_noun" in nouns or (sentence.goes_on and reading.about == "domain_noun"):
        reading.take(token.networks)
    elif nouns or (sentence.goes_on and reading.about) or _is_reported_on(sentence.tokens, at):
        reading.unclear.add(token.text)


def _is_reported_on(tokens: Sequence[Token], at: int) -> bool:
    """Reports for example.org: the domain, or only the name of a firm?"""
    near = [each.value for each in before(tokens, at, 4)]
    return any(
        each in ("for", "about", "on", "für", "über", "pour", "sur", "para") for each in near
    )


def _address_said(reading: _Reading, sentence: Sentence, found: Sequence[Found], at: int) -> None:
    token = sentence.tokens[at]
    if _is_version(sentence.tokens, at):
        return
    noun = any(f.meaning == "network_noun" and f.at < at for f in found)
    if token.port is None and (noun or (sentence.goes_on and reading.about == "network_noun")):
        reading.take(token.networks)
    else:
        reading.unclear.add(token.text)


def _is_version(tokens: Sequence[Token], at: int) -> bool:
    return any(each.value in words("request")["version_noun"] for each in before(tokens, at, 2))


def _is_one_of_two(reading: _Reading, tokens: Sequence[Token], at: int) -> bool:
    """AS64496 to AS64499: two networks, or all from the one to the other?"""
    for first in (at - 2, at):
        three = tokens[first : first + 3] if first >= 0 else ()
        two = len(three) == 3 and three[0].kind is three[2].kind is Kind.ASN
        if two and three[1].value in words("lexis")["to"]:
            reading.unclear.add_tokens(three)
            return True
    return False


def _is_doubtful_asn(tokens: Sequence[Token], at: int) -> bool:
    """“as 64496”: an AS number in small letters, or a word and a number?"""
    if tokens[at].text not in ("as", "As") or at + 1 >= len(tokens):
        return False
    number = tokens[at + 1]
    if number.kind is not Kind.NUMBER or len(number.text) > 10:
        return False
    return int(number.text) >= _LEAST_BARE_ASN and int(number.text) not in _YEARS


def _country_said(reading: _Reading, sentence: Sentence, found: Sequence[Found]) -> None:
    nouns = [each for each in found if each.meaning == "country_noun"]
    if not nouns:
        return
    named = countries(sentence.tokens)
    if len(named) == 1:
        reading.take(named)
    else:
        end = next(
            (i for i, t in enumerate(sentence.tokens) if i > nouns[0].end and t.kind in SPACES),
            len(sentence.tokens),
        )
        reading.unclear.add_tokens(sentence.tokens[nouns[0].at : end])


# --- attachments, signatures --------------------------------------------------------


def _attached(reading: _Reading, name: str, text: str) -> None:
    """The networks in a file; those in a mail that was forwarded may be anybody's."""
    for token in tokenise(text):
        if token.kind is Kind.WRONG:
            reading.unclear.add(token.text)
        elif token.kind in NETWORKS and not name.lower().endswith(".eml"):
            reading.take(token.networks)
        elif token.kind in NETWORKS or token.kind is Kind.ADDRESS:
            reading.unclear.add(token.text)


def _signature(reading: _Reading) -> None:
    form = read_form(reading.mail.signature)
    tokens = tokenise(reading.mail.signature)
    reading.phones += [
        each.value
        for at, each in enumerate(tokens)
        if each.kind is Kind.PHONE and not is_fax(tokens, at)
    ]
    reading.not_phones += [each.text for each in form.said("phone")]
    reading.organisations += [
        harmless(each.text, 200).strip(" *_") for each in form.said("organisation")
    ]
    if not reading.networks:
        reading.unclear.add_all(each.text for each in tokens if each.kind in NETWORKS)
