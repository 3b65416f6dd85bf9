"""All addresses of the portal, in one list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tocsin.service.demonstration import mailbox_page
from tocsin.service.portal import asking, home, links, organisation, other_proofs, review
from tocsin.service.portal.admin import SITE

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("ask", asking.ask, name="ask"),
    path("ask/sent", asking.sent, name="ask_sent"),
    path("l/<slug:purpose>/<str:reference>/<slug:proof>", links.opened, name="link"),
    path("requests/<int:number>", asking.followed, name="request"),
    path(
        "requests/<int:number>/networks/<int:claim>/check", other_proofs.check, name="claim_check"
    ),
    path(
        "requests/<int:number>/networks/<int:claim>/peeringdb",
        other_proofs.to_peeringdb,
        name="claim_peeringdb",
    ),
    path("peeringdb/back", other_proofs.back, name="peeringdb_back"),
    path("peeringdb/finish", other_proofs.finish, name="peeringdb_finish"),
    path("organisations/<slug:slug>/", organisation.overview, name="organisation"),
    path("staff/requests/", review.queue, name="review_queue"),
    path("staff/requests/<int:number>", review.request_page, name="review_request"),
    path("staff/requests/<int:number>/decide", review.decide, name="review_decide"),
    path("demonstration/mailbox", mailbox_page.mailbox, name="demonstration_mailbox"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("staff/records/", SITE.urls),
]
