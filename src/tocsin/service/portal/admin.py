"""The records behind our own pages, for staff admins to look at; nothing is changed here."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest

from tocsin.service.permissions import Permission, may


class RecordsSite(AdminSite):
    """Open to staff admins."""

    site_header = site_title = index_title = "Records"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever may say who is of the staff."""
        return may(request.user, Permission.STAFF_MANAGE)


class Looked(ModelAdmin):  # type: ignore[type-arg] # generic for the type checker alone
    """Records that can be looked at, and not changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """No."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Whoever may open the site."""
        return may(request.user, Permission.STAFF_MANAGE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As above."""
        return may(request.user, Permission.STAFF_MANAGE)


SITE = RecordsSite(name="records")


def register_all() -> None:
    """Show the records of our own apps; called when all apps are ready."""
    for label in ("audit", "work", "letters", "subscribers", "mailbox"):
        for model in apps.get_app_config(label).get_models():
            if model not in SITE._registry:
                SITE.register(model, Looked)
