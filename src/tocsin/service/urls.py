"""All addresses of the portal, in one list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tocsin.service.portal import asking, home, links, organisation
from tocsin.service.portal.admin import SITE
from tocsin.service.portal.staff import urls as staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("ask", asking.ask, name="ask"),
    path("ask/sent", asking.sent, name="ask_sent"),
    path("l/<slug:purpose>/<str:reference>/<slug:proof>", links.opened, name="link"),
    path("requests/<int:number>", asking.followed, name="request"),
    path("organisations/<slug:slug>/", organisation.overview, name="organisation"),
    path("staff/", include(staff.urlpatterns)),
    path("accounts/", include("tocsin.service.accounts.urls")),
    path("staff/records/", SITE.urls),
]
