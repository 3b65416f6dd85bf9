"""The app `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.accounts"
    label = "accounts"
