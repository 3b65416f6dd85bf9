"""The app `delivery`."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.delivery"
    label = "delivery"
