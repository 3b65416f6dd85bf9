"""Download links: an id that is the secret, the same at every asking, stored as a hash alone.

The id is made of the report, its revision, and who was given it. Clients remember ids, so the same
report has the same id for the same holder for good, whatever secret is the newest.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.service import clock, installation, keyring
from tocsin.service.api.keys import holds, reads
from tocsin.service.api.models import ApiKey
from tocsin.service.delivery.models import Link, Report
from tocsin.service.secret import in_base62
from tocsin.service.statements import Statement
from tocsin.service.subscribers.abuse_contacts.find import off_among
from tocsin.service.subscribers.models import AbuseContact, ListMode, MailingList, Recipient
from tocsin.service.subscribers.recipients.membership import SENT_TO

LENGTH = 50
"""Letters and digits of an id: 297 bits."""

_BY_DIGEST = Statement(
    lambda digest: Link.objects.filter(digest=digest).select_related("report__night", "recipient")
)
_KEYS = Statement(
    lambda number: ApiKey.objects.filter(pk=number).select_related("organisation").order_by()
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is given a link; `recipient` if it is one."""

    name: str
    recipient: Recipient | None = None

    @classmethod
    def of_key(cls, number: int) -> Holder:
        """A key of the API; void once that holds no more."""
        return cls(f"k{number}")

    @classmethod
    def of_recipient(cls, recipient: Recipient) -> Holder:
        """Void once the recipient has left, and another one if it comes back."""
        return cls(f"r{recipient.pk}.{recipient.round}", recipient)

    @classmethod
    def of_tester(cls, mailing_list: MailingList) -> Holder:
        """Of a redirected list; void once it is redirected to somebody else, or not any more."""
        said = hashlib.sha256(mailing_list.redirect_to.encode()).hexdigest()[:16]
        return cls(f"t{mailing_list.pk}.{said}")

    @classmethod
    def of_contact(cls, contact: AbuseContact) -> Holder:
        """Of one who did not ask; void once the contact is off, or on file no more."""
        return cls(f"c{contact.pk}")


class MaybeLinked(Protocol):
    """A report, and by which secret its link was made; None: not made yet."""

    @property
    def pk(self) -> int:
        """The key of the report."""

    @property
    def file(self) -> str:
        """Its name."""

    @property
    def revision(self) -> int:
        """Of its night."""

    @property
    def secret(self) -> int | None:
        """The number of the secret."""


Held = tuple[Report, Holder]
"""A report (with its night loaded), and who is to have it."""


Numbers = dict[tuple[int, str], int]
"""With which secrets links were made, by key of the report and name of the holder."""


def links_for(wanted: Sequence[Held], now: dt.datetime) -> dict[tuple[int, str], str]:
    """The ids of links, by key of the report and name of the holder. Makes those that are new."""
    numbers = _numbers(wanted)
    missing = [held for held in wanted if _key(held) not in numbers]
    if missing:
        number = keyring.newest()
        Link.objects.bulk_create(
            [_link(*held, number, now) for held in missing], batch_size=500, ignore_conflicts=True
        )
        # Another process may have been first, with another secret.
        numbers |= _numbers(missing)
    keys = _keys(numbers.values())
    return {
        _key((report, holder)): _id(
            report.night.revision, report.file, holder.name, keys[numbers[_key((report, holder))]]
        )
        for report, holder in wanted
    }


def ids_for(wanted: Sequence[MaybeLinked], holder: Holder, now: dt.datetime) -> dict[int, str]:
    """The ids of one holder's links, by key of the report. Makes those that are new.

    Nothing is asked about links that are known to be there.
    """
    keys = _keys(each.secret for each in wanted if each.secret is not None)
    name = holder.name
    found = {
        each.pk: _id(each.revision, each.file, name, keys[each.secret])
        for each in wanted
        if each.secret is not None
    }
    missing = [each.pk for each in wanted if each.secret is None]
    if missing:
        rows = Report.objects.filter(pk__in=missing).select_related("night")
        made = links_for([(each, holder) for each in rows], now)
        found |= {report: link for (report, _), link in made.items()}
    return found


def link_id(report: Report, holder: str, number: int) -> str:
    """The id, by a secret of that number."""
    return _id(report.night.revision, report.file, holder, _keys([number])[number])


def _keys(numbers: Iterable[int]) -> dict[int, hmac.HMAC]:
    """HMACs of secrets, to be copied: each key is derived once, and made ready once."""
    return {
        number: hmac.new(keyring.secret(number).key("download"), digestmod=hashlib.sha384)
        for number in set(numbers)
    }


def _id(revision: int, file: str, holder: str, key: hmac.HMAC) -> str:
    made = key.copy()
    made.update(f"{revision}\0{file}\0{holder}".encode())
    return in_base62(made.digest(), LENGTH)


def address_of(link: str) -> str:
    """Where a link leads."""
    return f"{installation.configuration().service.address}/dl/{link}"


def found_link(said: str) -> Link | None:
    """The link of that id, whether its holder still holds it or not; one query."""
    return _BY_DIGEST.one(digest_of(said))


def still_holds(link: Link, mailing_list: MailingList | None) -> bool:
    """Whether who was given it still is who it was. mailing_list: of the report.

    Asks no query, but for contacts that nobody asked for.
    """
    if link.recipient is not None:
        is_sent_to = link.recipient.state in SENT_TO
        return is_sent_to and link.holder == Holder.of_recipient(link.recipient).name
    if link.holder.startswith("k"):
        return _key_holds(link)
    if link.holder.startswith("c"):
        contact = AbuseContact.objects.filter(pk=int(link.holder[1:])).first()
        return contact is not None and not off_among([contact.address])
    if mailing_list is None or mailing_list.mode != ListMode.REDIRECT:
        return False
    return link.holder == Holder.of_tester(mailing_list).name


def digest_of(said: str) -> str:
    """What is stored of an id."""
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _key_holds(link: Link) -> bool:
    """Whether the key of the API holds now, and reads the list of the report."""
    key = _KEYS.one(int(link.holder.removeprefix("k")))
    return key is not None and holds(key, clock.now()) and reads(key, link.report.list)


def _key(held: Held) -> tuple[int, str]:
    return held[0].pk, held[1].name


def _numbers(wanted: Sequence[Held]) -> Numbers:
    keys = {_key(held) for held in wanted}
    # Both, so that the index finds the few of one holder among the links of all.
    rows = Link.objects.filter(
        report__in={report for report, _ in keys}, holder__in={name for _, name in keys}
    )
    told = rows.values_list("report_id", "holder", "secret_number")
    return {(report, name): number for report, name, number in told if (report, name) in keys}


def _link(report: Report, holder: Holder, number: int, now: dt.datetime) -> Link:
    return Link(
        digest=digest_of(link_id(report, holder.name, number)),
        report=report,
        holder=holder.name,
        recipient=holder.recipient,
        secret_number=number,
        made_at=now,
    )
