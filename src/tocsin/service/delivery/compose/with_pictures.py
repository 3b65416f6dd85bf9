"""A message whose HTML shows pictures that come with it, as RFC 2387 has them."""

from __future__ import annotations

from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from typing import cast

from django.core.mail import EmailMultiAlternatives

from tocsin.service.seven_bits import SevenBits


class MessageWithPictures(SevenBits, EmailMultiAlternatives):
    """As Django's; `pictures`: PNG by Content-ID, as `cid:` in the HTML names them."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """As Django's."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # handed on as they are
        self.pictures: dict[str, bytes] = {}

    def message(self) -> Message:  # type: ignore[override] # Django's own are of this class
        """The message, its HTML and pictures in a part of their own, so that a mail program knows
        that they are no files."""
        built = super().message()
        if self.pictures:
            for part in built.walk():
                if part.get_content_type() == "multipart/alternative":
                    self._put_into(part)
                    break
        return built

    def _put_into(self, alternatives: Message) -> None:
        *others, html = cast("list[Message]", alternatives.get_payload())
        related = MIMEMultipart("related", type="text/html")
        related.attach(html)
        for name, content in self.pictures.items():
            picture = MIMEImage(content, "png")
            picture.add_header("Content-ID", f"<{name}>")
            picture.add_header("Content-Disposition", "inline", filename="trend.png")
            related.attach(picture)
        alternatives.set_payload([*others, related])
