"""The addresses of the pages of staff, below `staff/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tocsin.service.delivery.brake import pages as brake
from tocsin.service.portal import cases, contacts, delegations
from tocsin.service.portal.staff import (
    audit,
    deliverability,
    deliveries,
    mail,
    organisations,
    people,
    review,
    work,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("requests/", review.queue, name="review_queue"),
    path("requests/green", review.all_green, name="review_green"),
    path("requests/<int:number>", review.request_page, name="review_request"),
    path("requests/<int:number>/decide", review.decide, name="review_decide"),
    path("organisations/", organisations.listing, name="staff_organisations"),
    path("organisations/<slug:slug>/", organisations.organisation_page, name="staff_organisation"),
    path(
        "organisations/<slug:slug>/state", organisations.set_state, name="staff_organisation_state"
    ),
    path(
        "organisations/<slug:slug>/networks/<int:number>/state",
        organisations.set_network_state,
        name="staff_network_state",
    ),
    path("brake/", brake.brake, name="staff_brake"),
    path("brake/<int:number>/decide", brake.decide_hold, name="staff_brake_decide"),
    path("brake/<int:number>/over", brake.shadow_over, name="staff_brake_over"),
    path("mail/", mail.mail, name="staff_mail"),
    path("deliveries/", deliveries.deliveries, name="staff_deliveries"),
    path("deliveries/<int:number>/again", deliveries.again, name="staff_delivery_again"),
    path("deliverability/", deliverability.shown, name="staff_deliverability"),
    path("deliverability/again", deliverability.again, name="staff_deliverability_again"),
    path("letters/", work.letters, name="staff_letters"),
    path("audit/", audit.search, name="staff_audit"),
    path("audit/audit.csv", audit.export, name="staff_audit_export"),
    path("people/", people.listing, name="staff_people"),
    path("people/role", people.set_role, name="staff_role"),
    path("people/factors", people.forget, name="staff_forget"),
    path("work/", work.tasks, name="staff_work"),
    path("work/<int:number>/again", work.again, name="staff_again"),
    path("cases/", cases.queue, name="case_queue"),
    path("cases/<int:number>", cases.one_case, name="case"),
    path("contacts/", contacts.search, name="contacts"),
    path("contacts/set", contacts.set_manual, name="contact_set"),
    path("contacts/switch", contacts.switch, name="contact_switch"),
    path("certs/<slug:slug>/", delegations.cert, name="cert"),
    path("certs/<slug:slug>/delegate", delegations.change, name="cert_delegate"),
    path("claims/<int:number>/documents", delegations.documents, name="claim_documents"),
]
