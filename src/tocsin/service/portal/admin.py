"""The records behind our own pages, for staff admins to look at; nothing is changed here."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver

from tocsin.service.permissions import Permission, may


class RecordsSite(AdminSite):
    """Open to staff admins."""

    site_header = site_title = index_title = "Records"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever may say who is of the staff."""
        return may(request.user, Permission.STAFF_MANAGE)

    def login(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - Django's form
    ) -> HttpResponse:
        """There is one way to sign in, and it asks for no password."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", ""))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without the pages to change passwords, of which there are none, and to leave for."""
        return [
            each
            for each in super().get_urls()
            if not str(getattr(each, "name", "")).startswith(("password_change", "view_on_site"))
        ]


class Looked(ModelAdmin):  # type: ignore[type-arg] # generic for the type checker alone
    """Records that can be looked at, and not changed."""

    def get_urls(self) -> list[URLPattern]:
        """Without the nameless one that leads from old addresses to new ones, past all checks."""
        return [each for each in super().get_urls() if each.name]

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
    for label in ("audit", "work", "letters", "subscribers", "mailbox", "api"):
        for model in apps.get_app_config(label).get_models():
            if model not in SITE._registry:
                SITE.register(model, Looked)
