"""The app `letters`."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.letters"
    label = "letters"
