"""The app `mailbox`."""

from django.apps import AppConfig


class MailboxConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.mailbox"
    label = "mailbox"
