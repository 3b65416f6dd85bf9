"""All addresses of the portal, in one list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tocsin.service.portal import (
    asking,
    cases,
    home,
    links,
    lists,
    organisation,
    recipients,
    review,
)
from tocsin.service.portal.admin import SITE

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("ask", asking.ask, name="ask"),
    path("ask/sent", asking.sent, name="ask_sent"),
    path("l/leave/<str:reference>/<slug:proof>", links.left, name="leave"),
    path("l/<slug:purpose>/<str:reference>/<slug:proof>", links.opened, name="link"),
    path("requests/<int:number>", asking.followed, name="request"),
    path("organisations/<slug:slug>/", organisation.overview, name="organisation"),
    path("organisations/<slug:slug>/lists/", lists.all_lists, name="lists"),
    path("organisations/<slug:slug>/lists/new/<slug:kind>", lists.new_list, name="new_list"),
    path("organisations/<slug:slug>/lists/<int:number>/", lists.one_list, name="list"),
    path("organisations/<slug:slug>/lists/<int:number>/end", lists.end_list, name="end_list"),
    path(
        "organisations/<slug:slug>/lists/<int:number>/reports", lists.reports, name="list_reports"
    ),
    path("organisations/<slug:slug>/recipients/", recipients.who_gets_what, name="recipients"),
    path("organisations/<slug:slug>/recipients/<int:number>", recipients.act, name="recipient_act"),
    path("organisations/<slug:slug>/cases/", cases.all_cases, name="cases"),
    path("organisations/<slug:slug>/cases/<int:number>/end", cases.end, name="end_case"),
    path("staff/cases/", cases.queue, name="case_queue"),
    path("staff/cases/<int:number>", cases.one_case, name="case"),
    path("staff/requests/", review.queue, name="review_queue"),
    path("staff/requests/<int:number>", review.request_page, name="review_request"),
    path("staff/requests/<int:number>/decide", review.decide, name="review_decide"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("staff/records/", SITE.urls),
]
