"""The app `webhooks`."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.webhooks"
    label = "webhooks"
