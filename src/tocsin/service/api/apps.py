"""The app `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.api"
    label = "api"
