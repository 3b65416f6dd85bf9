"""All addresses of the portal, in one list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tocsin.service.delivery import pages as delivery
from tocsin.service.demonstration import mailbox_page
from tocsin.service.portal import asking, home, links, other_proofs
from tocsin.service.portal import organisation_urls as organisation
from tocsin.service.portal.admin import SITE
from tocsin.service.portal.staff import urls as staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("ask", asking.ask, name="ask"),
    path("ask/sent", asking.sent, name="ask_sent"),
    path("l/leave/<str:reference>/<slug:proof>", links.left, name="leave"),
    path("l/<slug:purpose>/<path:reference>/<slug:proof>", links.opened, name="link"),
    path("dl/<str:link>", delivery.download, name="download"),
    path("api/v1/", include("tocsin.service.rest.urls")),
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
    path("organisations/<slug:slug>/", include(organisation.urlpatterns)),
    path("demonstration/mailbox", mailbox_page.mailbox, name="demonstration_mailbox"),
    path("staff/", include(staff.urlpatterns)),
    path("accounts/", include("tocsin.service.accounts.urls")),
    path("staff/records/", SITE.urls),
]
