"""The app of the pages."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Its label; it shows the records of the others once they are there."""

    name = "tocsin.service.portal"
    label = "portal"

    def ready(self) -> None:
        """Called by Django when all apps are loaded."""
        from tocsin.service.portal.admin import register_all  # noqa: PLC0415 - needs all models

        register_all()
