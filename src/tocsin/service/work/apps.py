"""The app `work`."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.work"
    label = "work"
