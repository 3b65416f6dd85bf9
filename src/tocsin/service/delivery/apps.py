"""The app `delivery`."""

from django.apps import AppConfig

from tocsin.service.log_paths import keep_links_out_of_logs


class DeliveryConfig(AppConfig):
    """Its label; from when it is there on, no log shows a link."""

    name = "tocsin.service.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Called by Django when all apps are loaded."""
        keep_links_out_of_logs()
