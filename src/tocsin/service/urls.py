"""All addresses of the portal, in one list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tocsin.service.api import pages as api
from tocsin.service.delivery import pages as delivery
from tocsin.service.demonstration import mailbox_page
from tocsin.service.portal import asking, home, links, openpgp_page, other_proofs, report_types
from tocsin.service.portal import organisation_urls as organisation
from tocsin.service.portal.admin import SITE
from tocsin.service.portal.staff import urls as staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("ask", asking.ask, name="ask"),
    path("ask/sent", asking.sent, name="ask_sent"),
    path("l/leave/<str:reference>/<slug:proof>", links.left, name="leave"),
    path(
        "l/contact-opt-out/<path:reference>/<slug:proof>", links.told_nothing, name="tell-nothing"
    ),
    path("l/<slug:purpose>/<path:reference>/<slug:proof>", links.opened, name="link"),
    path("api2/<path:name>", api.call, name="api_call"),
    path("net/asn", api.net_asn, name="net_asn"),
    path("schema/reports.json", api.catalogue_schema, name="catalogue_schema"),
    path("intelmq/v1/schema", api.parser_schema, name="parser_schema"),
    path("types/<slug:name>", report_types.report_type, name="report_type"),
    path("dl/<str:link>", delivery.download, name="download"),
    path("openpgp.asc", openpgp_page.own_key, name="openpgp"),
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
    path(
        "demonstration/mailbox/<slug:number>/html", mailbox_page.as_html, name="demonstration_html"
    ),
    path(
        "demonstration/mailbox/<slug:number>/files/<int:place>",
        mailbox_page.file,
        name="demonstration_file",
    ),
    path(
        "demonstration/mailbox/<slug:number>/pictures/<str:name>",
        mailbox_page.picture,
        name="demonstration_picture",
    ),
    path("staff/", include(staff.urlpatterns)),
    path("accounts/", include("tocsin.service.accounts.urls")),
    path("staff/records/", SITE.urls),
]

handler404 = "tocsin.service.rest.elsewhere.not_found"
