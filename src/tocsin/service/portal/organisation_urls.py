"""The addresses of the pages of an organisation, below its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tocsin.service.portal import (
    cases,
    country,
    lists,
    organisation,
    organisation_changes,
    organisation_findings,
    organisation_history,
    organisation_keys,
    organisation_networks,
    organisation_openpgp,
    organisation_people,
    organisation_recipients,
    organisation_reports,
    organisation_webhooks,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", organisation.overview, name="organisation"),
    path("networks", organisation_networks.shown, name="organisation_networks"),
    path(
        "networks/add",
        organisation_networks.add,
        name="organisation_networks_add",
    ),
    path(
        "networks/<int:number>/end",
        organisation_networks.end,
        name="organisation_network_end",
    ),
    path(
        "networks/<int:number>/label",
        organisation_networks.label,
        name="organisation_network_label",
    ),
    path("people", organisation_people.shown, name="organisation_people"),
    path("people/add", organisation_people.add, name="organisation_people_add"),
    path(
        "people/<int:number>/role",
        organisation_people.role,
        name="organisation_person_role",
    ),
    path(
        "people/<int:number>/remove",
        organisation_people.remove,
        name="organisation_person_remove",
    ),
    path(
        "recipients",
        organisation_recipients.shown,
        name="organisation_recipients",
    ),
    path(
        "recipients/<int:number>/add",
        organisation_recipients.add,
        name="organisation_recipients_add",
    ),
    path(
        "recipients/<int:number>/remove",
        organisation_recipients.remove,
        name="organisation_recipient_remove",
    ),
    path(
        "recipients/<int:number>/again",
        organisation_recipients.again,
        name="organisation_recipient_again",
    ),
    path(
        "recipients/<int:number>/try",
        organisation_recipients.try_again,
        name="organisation_recipient_try",
    ),
    path(
        "recipients/<int:number>/attach",
        organisation_recipients.attach,
        name="organisation_recipient_attach",
    ),
    path(
        "recipients/<int:number>/key",
        organisation_openpgp.put,
        name="organisation_recipient_key",
    ),
    path(
        "recipients/<int:number>/key/remove",
        organisation_openpgp.remove,
        name="organisation_recipient_key_remove",
    ),
    path(
        "recipients/<int:number>/key/ask",
        organisation_openpgp.ask,
        name="organisation_recipient_key_ask",
    ),
    path("changes", organisation_changes.shown, name="organisation_changes"),
    path(
        "changes/<int:number>",
        organisation_changes.one,
        name="organisation_change",
    ),
    path(
        "changes/<int:number>/confirm",
        organisation_changes.confirm,
        name="organisation_change_confirm",
    ),
    path(
        "changes/<int:number>/drop",
        organisation_changes.drop,
        name="organisation_change_drop",
    ),
    path(
        "changes/<int:number>/prove",
        organisation_changes.prove,
        name="organisation_change_prove",
    ),
    path("reports", organisation_reports.shown, name="organisation_reports"),
    path("reports/<int:number>", organisation_reports.download, name="organisation_report"),
    path("keys", organisation_keys.shown, name="organisation_keys"),
    path("keys/make", organisation_keys.make, name="organisation_key_make"),
    path("keys/<int:number>/revoke", organisation_keys.revoke, name="organisation_key_revoke"),
    path("findings", organisation_findings.shown, name="organisation_findings"),
    path("findings/table", organisation_findings.table, name="organisation_findings_table"),
    path("findings/say", organisation_findings.say, name="organisation_findings_say"),
    path("findings/labels", organisation_findings.labels, name="organisation_labels"),
    path("webhooks", organisation_webhooks.shown, name="organisation_webhooks"),
    path("webhooks/add", organisation_webhooks.add, name="organisation_webhook_add"),
    path(
        "webhooks/<int:number>/<slug:act>",
        organisation_webhooks.act_on,
        name="organisation_webhook",
    ),
    path("history", organisation_history.shown, name="organisation_history"),
    path("lists/", lists.all_lists, name="lists"),
    path("lists/new/<slug:kind>", lists.new_list, name="new_list"),
    path("lists/<int:number>/", lists.one_list, name="list"),
    path("lists/<int:number>/end", lists.end_list, name="end_list"),
    path("lists/<int:number>/reports", lists.reports, name="list_reports"),
    path("cases/", cases.all_cases, name="cases"),
    path("cases/<int:number>/end", cases.end, name="end_case"),
    path("country/", country.seen, name="country"),
]
