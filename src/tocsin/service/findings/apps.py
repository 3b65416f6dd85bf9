"""The app `findings`."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.findings"
    label = "findings"
