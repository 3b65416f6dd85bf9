"""All addresses of the portal, in one list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tocsin.service.portal import (
    asking,
    contacts,
    country,
    delegations,
    home,
    links,
    organisation,
    review,
)
from tocsin.service.portal.admin import SITE

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("ask", asking.ask, name="ask"),
    path("ask/sent", asking.sent, name="ask_sent"),
    path("l/<slug:purpose>/<str:reference>/<slug:proof>", links.opened, name="link"),
    path("requests/<int:number>", asking.followed, name="request"),
    path("organisations/<slug:slug>/", organisation.overview, name="organisation"),
    path("staff/requests/", review.queue, name="review_queue"),
    path("staff/requests/<int:number>", review.request_page, name="review_request"),
    path("staff/requests/<int:number>/decide", review.decide, name="review_decide"),
    path("organisations/<slug:slug>/country/", country.seen, name="country"),
    path("staff/contacts/", contacts.search, name="contacts"),
    path("staff/contacts/set", contacts.set_manual, name="contact_set"),
    path("staff/contacts/switch", contacts.switch, name="contact_switch"),
    path("staff/certs/<slug:slug>/", delegations.cert, name="cert"),
    path("staff/certs/<slug:slug>/delegate", delegations.change, name="cert_delegate"),
    path("staff/claims/<int:number>/documents", delegations.documents, name="claim_documents"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("staff/records/", SITE.urls),
]
