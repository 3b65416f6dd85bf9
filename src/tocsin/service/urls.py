"""All addresses of the portal, in one list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tocsin.service.demonstration import mailbox_page
from tocsin.service.portal import (
    asking,
    home,
    links,
    organisation,
    organisation_changes,
    organisation_history,
    organisation_networks,
    organisation_people,
    organisation_recipients,
    other_proofs,
    review,
)
from tocsin.service.portal.admin import SITE

_ORGANISATION = "organisations/<slug:slug>/"

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
    path(f"{_ORGANISATION}networks", organisation_networks.shown, name="organisation_networks"),
    path(
        f"{_ORGANISATION}networks/add",
        organisation_networks.add,
        name="organisation_networks_add",
    ),
    path(
        f"{_ORGANISATION}networks/<int:number>/end",
        organisation_networks.end,
        name="organisation_network_end",
    ),
    path(
        f"{_ORGANISATION}networks/<int:number>/label",
        organisation_networks.label,
        name="organisation_network_label",
    ),
    path(f"{_ORGANISATION}people", organisation_people.shown, name="organisation_people"),
    path(f"{_ORGANISATION}people/add", organisation_people.add, name="organisation_people_add"),
    path(
        f"{_ORGANISATION}people/<int:number>/role",
        organisation_people.role,
        name="organisation_person_role",
    ),
    path(
        f"{_ORGANISATION}people/<int:number>/remove",
        organisation_people.remove,
        name="organisation_person_remove",
    ),
    path(
        f"{_ORGANISATION}recipients",
        organisation_recipients.shown,
        name="organisation_recipients",
    ),
    path(
        f"{_ORGANISATION}recipients/<int:number>/add",
        organisation_recipients.add,
        name="organisation_recipients_add",
    ),
    path(
        f"{_ORGANISATION}recipients/<int:number>/remove",
        organisation_recipients.remove,
        name="organisation_recipient_remove",
    ),
    path(
        f"{_ORGANISATION}recipients/<int:number>/again",
        organisation_recipients.again,
        name="organisation_recipient_again",
    ),
    path(f"{_ORGANISATION}changes", organisation_changes.shown, name="organisation_changes"),
    path(
        f"{_ORGANISATION}changes/<int:number>",
        organisation_changes.one,
        name="organisation_change",
    ),
    path(
        f"{_ORGANISATION}changes/<int:number>/confirm",
        organisation_changes.confirm,
        name="organisation_change_confirm",
    ),
    path(
        f"{_ORGANISATION}changes/<int:number>/drop",
        organisation_changes.drop,
        name="organisation_change_drop",
    ),
    path(
        f"{_ORGANISATION}changes/<int:number>/prove",
        organisation_changes.prove,
        name="organisation_change_prove",
    ),
    path(f"{_ORGANISATION}history", organisation_history.shown, name="organisation_history"),
    path("staff/requests/", review.queue, name="review_queue"),
    path("staff/requests/<int:number>", review.request_page, name="review_request"),
    path("staff/requests/<int:number>/decide", review.decide, name="review_decide"),
    path("demonstration/mailbox", mailbox_page.mailbox, name="demonstration_mailbox"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("staff/records/", SITE.urls),
]
