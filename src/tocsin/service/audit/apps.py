"""The app of audit lines."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Its label."""

    name = "tocsin.service.audit"
    label = "audit"
