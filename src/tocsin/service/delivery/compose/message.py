"""From facts to the message: its headers, its text, its files. Asks neither database nor clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import encoders
from email.mime.base import MIMEBase
from email.utils import formataddr

from tocsin.service import installation
from tocsin.service.delivery.compose.attachment import Attachment
from tocsin.service.delivery.compose.body import Body, Said, Stranger, body_of
from tocsin.service.delivery.compose.facts import ReportFacts
from tocsin.service.delivery.compose.picture import picture_of
from tocsin.service.delivery.compose.with_pictures import MessageWithPictures
from tocsin.service.delivery.envelope import return_path
from tocsin.service.delivery.models import Delivery, DeliveryKind
from tocsin.service.delivery.openpgp.service_key import service_key
from tocsin.service.languages import DEFAULT, known_language
from tocsin.service.letters.write import message_id_of
from tocsin.service.subscribers.models import MailingList


@dataclass(frozen=True, slots=True)
class Parts:
    """What a message is made of. unsubscribe: headers by which a person leaves; else empty.

    stranger: of a message to one who has not asked.
    """

    reports: Sequence[ReportFacts]
    attachments: Sequence[Attachment]
    unsubscribe: dict[str, str]
    stranger: Stranger | None = None


def message_of(delivery: Delivery, parts: Parts) -> MessageWithPictures:
    """The message of a delivery, to a list or to a contact."""
    mailing_list = delivery.list
    body = body_of(_said(delivery, mailing_list, parts))
    message = shell(delivery, body.subject, body.text, parts.unsubscribe)
    message.extra_headers |= thread_of(delivery, parts.reports)
    _put_in(message, body, parts)
    return message


def shell(
    delivery: Delivery, subject: str, text: str, unsubscribe: Mapping[str, str]
) -> MessageWithPictures:
    """A message with the headers that all of them have."""
    mail = installation.configuration().mail
    return MessageWithPictures(
        subject=subject,
        body=text,
        from_email=return_path(delivery.pk),
        to=[delivery.address],
        reply_to=[f"{mail.objections}@{mail.domain}"],
        headers={
            "From": formataddr((installation.configuration().service.name, _sender())),
            "Message-ID": delivery.message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            **(_of_list(delivery.list) if delivery.list else {"Precedence": "bulk"}),
            **unsubscribe,
        },
    )


def thread_of(delivery: Delivery, reports: Sequence[ReportFacts]) -> dict[str, str]:
    """Headers by which a mail program puts a list's reports of a type together.

    All of them answer a message that was never sent, the same for good.
    """
    what = reports[0].type if delivery.kind == DeliveryKind.REPORT else "digest"
    whose = f"list {delivery.list_id}" if delivery.list_id else f"contact {delivery.address}"
    root = message_id_of(f"thread of {what} {whose}")
    return {"In-Reply-To": root, "References": root}


def _of_list(mailing_list: MailingList) -> dict[str, str]:
    domain = installation.configuration().mail.domain
    return {
        "Precedence": "list",
        # As RFC 2919 has it: below a domain of ours, and the same whatever its recipients are.
        "List-Id": f"{mailing_list.name} <{mailing_list}.{domain}>",
    }


def language_of(delivery: Delivery, stranger: Stranger | None = None) -> str:
    """The language in which it is written: that of its list, or of the stranger who is told."""
    if delivery.list is not None:
        return known_language(delivery.list.language)
    return stranger.language if stranger is not None else DEFAULT


def _said(delivery: Delivery, mailing_list: MailingList | None, parts: Parts) -> Said:
    configuration = installation.configuration()
    return Said(
        kind="contact" if mailing_list is None else delivery.kind,
        language=language_of(delivery, parts.stranger),
        service=configuration.service.name,
        portal=configuration.service.address,
        day=delivery.day,
        reports=parts.reports,
        list=str(mailing_list or ""),
        name=mailing_list.name if mailing_list is not None else "",
        leave=parts.unsubscribe.get("List-Unsubscribe", "").strip("<>"),
        stranger=parts.stranger,
        openpgp=own.grouped if (own := service_key()) is not None else "",
    )


def _put_in(message: MessageWithPictures, body: Body, parts: Parts) -> None:
    message.attach_alternative(body.html, "text/html")
    for report in parts.reports:
        if report.trend is not None:
            message.pictures[report.picture] = picture_of(report.trend)
    for each in parts.attachments:
        if each.mime.startswith("text/"):
            message.attach(_bytes_as_they_are(each))
        else:
            message.attach(each.name, each.content, each.mime)


def _bytes_as_they_are(file: Attachment) -> MIMEBase:
    # As text, its line ends would be those of mail; the hash of a report is one of its bytes.
    part = MIMEBase(*file.mime.split("/"), charset="utf-8")
    part.set_payload(file.content)
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=file.name)
    return part


def _sender() -> str:
    mail = installation.configuration().mail
    return f"{mail.sender}@{mail.domain}"
