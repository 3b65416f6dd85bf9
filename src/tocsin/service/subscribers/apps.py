"""The app `subscribers`."""

from django.apps import AppConfig


class SubscribersConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.subscribers"
    label = "subscribers"
