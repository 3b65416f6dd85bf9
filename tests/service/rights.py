"""Who may open what: the table that test_rights.py holds every address of the portal to.

A new address needs a row here. Read a row as: these roles may GET it and see `get_is`, these may
POST to it and see `post_is`; everybody else is sent to sign in (nobody, link holder), or refused.
`hidden`: refused as if it were not there, since what it is about is not theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.service.rights_world import World

NOBODY, LINK = "nobody", "link holder"
MEMBER_A, ADMIN_A, ADMIN_B, CERT = "member of A", "admin of A", "admin of B", "contact of the CERT"
REVIEWER, STAFF_ADMIN, AUDITOR = "reviewer", "staff admin", "auditor"

UNKNOWN = frozenset({NOBODY, LINK})
"""Without an account."""
PEOPLE = frozenset({MEMBER_A, ADMIN_A, ADMIN_B, CERT})
STAFF = frozenset({REVIEWER, STAFF_ADMIN, AUDITOR})
DECIDING = frozenset({REVIEWER, STAFF_ADMIN})
SIGNED_IN = PEOPLE | STAFF
ALL = UNKNOWN | SIGNED_IN
OF_A = frozenset({MEMBER_A, ADMIN_A})
CHANGING_A = frozenset({ADMIN_A}) | DECIDING
"""Who may change organisation A."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is expected at one address. post None: there is no POST (405)."""

    get: frozenset[str]
    post: frozenset[str] | None = None
    get_is: tuple[int, ...] = (200,)
    post_is: tuple[int, ...] = (302,)
    args: Callable[[World], dict[str, Any]] = lambda _: {}
    hidden: bool = False


def _a(world: World) -> dict[str, Any]:
    return {"slug": world.a.slug}


def _request(world: World) -> dict[str, Any]:
    return {"number": world.request_a.pk}


def _a_none(world: World) -> dict[str, Any]:
    return {"slug": world.a.slug, "number": 999_999}


def _list(world: World) -> dict[str, Any]:
    return {"slug": world.a.slug, "number": world.list_a.pk}


def _case(world: World) -> dict[str, Any]:
    return {"number": world.case_a.pk}


def _key(world: World) -> dict[str, Any]:
    return {"slug": world.a.slug, "number": world.key_a.pk}


def _cert(world: World) -> dict[str, Any]:
    return {"slug": world.cert.slug}


def _nothing(_: World) -> dict[str, Any]:
    return {}


def _type(_: World) -> dict[str, Any]:
    return {"name": "event4_sinkhole"}


def _report(_: World) -> dict[str, Any]:
    return {"name": "2026-11-22-event4_sinkhole-a-cidr.csv"}


def _claim(world: World) -> dict[str, Any]:
    return {"number": world.request_a.pk, "claim": 999_999}


_PASSES = (200, 302)
"""A page of the library that leads on, as the session demands."""

TABLE: dict[str, Row] = {
    # for everybody
    "home": Row(ALL, ALL, post_is=(200,)),
    "ask": Row(ALL, ALL, post_is=(200, 422)),
    "ask_sent": Row(ALL),
    "link": Row(ALL, ALL, post_is=(200, 302), args=lambda world: world.link_of_a()),
    "leave": Row(ALL, ALL, post_is=(200,), args=lambda world: world.way_out_of_a()),
    "tell-nothing": Row(ALL, ALL, post_is=(200,), args=lambda world: world.way_out_of_contact()),
    # not kept any more
    "download": Row(ALL, get_is=(410,), args=lambda world: world.download_of_a()),
    # of programs: the page is for all, and holds each call to its key (test_api_rights.py)
    "api_call": Row(
        ALL,
        ALL,
        get_is=(405,),
        post_is=(400,),
        args=lambda _: {"name": "reports/list"},
    ),
    "net_asn": Row(ALL, get_is=(400, 429, 503)),
    "catalogue_schema": Row(ALL),
    "parser_schema": Row(ALL),
    # for keys of the API: a browser, whoever sits at it, has none
    "rest_description": Row(ALL, ALL, post_is=(405,)),
    **{
        name: Row(ALL, ALL, get_is=(401,), post_is=(405,), args=args)
        for name, args in {
            "rest_me": _nothing,
            "rest_lists": _nothing,
            "rest_types": _nothing,
            "rest_type": _type,
            "rest_reports": _nothing,
            "rest_report": _report,
            "rest_report_rows": _report,
            "rest_records": _nothing,
            "rest_findings": _nothing,
        }.items()
    },
    "rest_marks": Row(ALL, ALL, get_is=(405,), post_is=(401,)),
    # for whoever followed a link in this very browser
    "request": Row(
        frozenset({LINK}), frozenset({LINK}), post_is=(404,), args=_request, hidden=True
    ),
    "claim_check": Row(ALL, ALL, get_is=(405,), post_is=(404,), args=_claim),
    "claim_peeringdb": Row(ALL, ALL, get_is=(405,), post_is=(404,), args=_claim),
    "peeringdb_back": Row(ALL, get_is=(200, 302, 400, 404)),
    "peeringdb_finish": Row(ALL, ALL, get_is=(405,), post_is=(302, 400, 404)),
    "openpgp": Row(ALL, get_is=(404,)),
    "report_type": Row(ALL, args=lambda _: {"name": "event4_sinkhole"}),
    # not in a demonstration
    "demonstration_mailbox": Row(ALL, get_is=(404,)),
    "demonstration_html": Row(ALL, get_is=(404,), args=lambda _: {"number": "000001-0"}),
    "demonstration_file": Row(
        ALL, get_is=(404,), args=lambda _: {"number": "000001-0", "place": 0}
    ),
    "demonstration_picture": Row(
        ALL, get_is=(404,), args=lambda _: {"number": "000001-0", "name": "x"}
    ),
    # of an organisation
    "organisation": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_networks": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_people": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_recipients": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_changes": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_history": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_reports": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_report": Row(
        OF_A | STAFF, get_is=(410,), args=lambda world: world.report_of_a(), hidden=True
    ),
    "organisation_findings": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_findings_table": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_findings_say": Row(CHANGING_A, CHANGING_A, get_is=(405,), args=_a, hidden=True),
    "organisation_labels": Row(CHANGING_A, CHANGING_A, get_is=(405,), args=_a, hidden=True),
    "organisation_webhooks": Row(OF_A | STAFF, args=_a, hidden=True),
    "organisation_webhook_add": Row(
        CHANGING_A, CHANGING_A, get_is=(405,), post_is=(302, 422), args=_a, hidden=True
    ),
    "organisation_webhook": Row(
        CHANGING_A,
        CHANGING_A,
        get_is=(405,),
        post_is=(404,),
        args=lambda world: {"slug": world.a.slug, "number": 999_999, "act": "test"},
        hidden=True,
    ),
    "organisation_change": Row(
        OF_A | STAFF, get_is=(404,), post_is=(405,), args=_a_none, hidden=True
    ),
    **{
        f"organisation_{name}": Row(
            CHANGING_A,
            CHANGING_A,
            get_is=(405,),
            post_is=(200, 302, 404, 422),
            args=_a if name in ("networks_add", "people_add") else _a_none,
            hidden=True,
        )
        for name in (
            "networks_add",
            "network_end",
            "network_label",
            "people_add",
            "person_role",
            "person_remove",
            "recipients_add",
            "recipient_remove",
            "recipient_again",
            "recipient_try",
            "recipient_attach",
            "recipient_key",
            "recipient_key_remove",
            "recipient_key_ask",
            "change_confirm",
            "change_drop",
            "change_prove",
        )
    },
    "organisation_keys": Row(OF_A | STAFF, args=_a, hidden=True),
    # Staff see that keys exist, and never a secret: they make none.
    "organisation_key_make": Row(
        CHANGING_A, frozenset({ADMIN_A}), get_is=(405,), post_is=(422,), args=_a, hidden=True
    ),
    "organisation_key_revoke": Row(
        CHANGING_A, CHANGING_A, get_is=(405,), post_is=(302,), args=_key, hidden=True
    ),
    "lists": Row(OF_A | STAFF, args=_a, hidden=True),
    "new_list": Row(
        CHANGING_A,
        CHANGING_A,
        post_is=(200, 302, 422),
        args=lambda world: {"slug": world.a.slug, "kind": "cidr"},
        hidden=True,
    ),
    "list": Row(OF_A | STAFF, CHANGING_A, post_is=(200, 302, 422), args=_list, hidden=True),
    "end_list": Row(CHANGING_A, CHANGING_A, get_is=(405,), args=_list, hidden=True),
    "list_reports": Row(OF_A | STAFF, args=_list, hidden=True),
    # Who sees an organisation may send the form; only its own people object by it.
    "cases": Row(OF_A | STAFF, OF_A | STAFF, post_is=(200, 302, 422), args=_a, hidden=True),
    "end_case": Row(
        CHANGING_A,
        CHANGING_A,
        get_is=(405,),
        args=lambda world: {"slug": world.a.slug, "number": world.case_a.pk},
        hidden=True,
    ),
    "country": Row(frozenset({CERT}) | STAFF, args=_cert, hidden=True),
    # of staff
    "review_queue": Row(STAFF),
    "review_green": Row(DECIDING, DECIDING),
    "review_request": Row(STAFF, args=_request),
    "review_decide": Row(DECIDING, DECIDING, get_is=(405,), args=_request),
    "staff_organisations": Row(STAFF),
    "staff_organisation": Row(STAFF, args=_a),
    "staff_organisation_state": Row(DECIDING, DECIDING, get_is=(405,), args=_a),
    "staff_network_state": Row(
        DECIDING,
        DECIDING,
        get_is=(405,),
        args=lambda world: {"slug": world.a.slug, "number": world.network_a.pk},
    ),
    "case_queue": Row(STAFF),
    # An auditor who sends the form of a case is shown it again, and nothing is done.
    "case": Row(STAFF, STAFF, post_is=(200, 302), args=_case),
    "contacts": Row(STAFF),
    "contact_set": Row(DECIDING, DECIDING, get_is=(405,)),
    "contact_switch": Row(DECIDING, DECIDING, get_is=(405,)),
    "cert": Row(STAFF, args=_cert),
    "cert_delegate": Row(DECIDING, DECIDING, get_is=(405,), args=_cert),
    "claim_documents": Row(
        DECIDING, DECIDING, args=lambda world: {"number": world.claim_of_country.pk}
    ),
    "staff_brake": Row(STAFF),
    "staff_brake_decide": Row(DECIDING, DECIDING, get_is=(405,), args=lambda _: {"number": 1}),
    "staff_brake_over": Row(DECIDING, DECIDING, get_is=(405,), args=lambda _: {"number": 1}),
    "staff_mail": Row(STAFF),
    "staff_deliverability": Row(STAFF),
    "staff_deliverability_again": Row(DECIDING, DECIDING, get_is=(405,)),
    "staff_letters": Row(STAFF),
    "staff_deliveries": Row(STAFF),
    "staff_delivery_again": Row(
        frozenset({STAFF_ADMIN}),
        frozenset({STAFF_ADMIN}),
        get_is=(405,),
        args=lambda _: {"number": 999_999},
    ),
    "staff_audit": Row(STAFF),
    "staff_audit_export": Row(STAFF),
    "staff_people": Row(STAFF),
    "staff_role": Row(frozenset({STAFF_ADMIN}), frozenset({STAFF_ADMIN}), get_is=(405,)),
    "staff_forget": Row(frozenset({STAFF_ADMIN}), frozenset({STAFF_ADMIN}), get_is=(405,)),
    "staff_work": Row(frozenset({STAFF_ADMIN})),
    "staff_again": Row(
        frozenset({STAFF_ADMIN}),
        frozenset({STAFF_ADMIN}),
        get_is=(405,),
        args=lambda world: {"number": world.task.pk},
    ),
    # of accounts
    "account_login": Row(ALL, get_is=(302,)),
    "account_logout": Row(ALL, ALL, get_is=_PASSES),
    "account_inactive": Row(ALL),
    "account_request_login_code": Row(ALL, ALL, get_is=_PASSES, post_is=_PASSES),
    "account_confirm_login_code": Row(ALL, ALL, get_is=(302,)),
    "account_request_reauthentication_code": Row(
        SIGNED_IN, SIGNED_IN, get_is=(200, 302, 403), post_is=(200, 302, 403)
    ),
    "account_confirm_reauthentication_code": Row(SIGNED_IN, SIGNED_IN, get_is=(302,)),
    "mfa_index": Row(SIGNED_IN),
    "mfa_authenticate": Row(ALL, ALL, get_is=(302,)),
    "mfa_reauthenticate": Row(
        SIGNED_IN, SIGNED_IN, get_is=(200, 302, 403), post_is=(200, 302, 403)
    ),
    "mfa_activate_totp": Row(SIGNED_IN, SIGNED_IN, get_is=(302, 403), post_is=(302, 403)),
    "mfa_deactivate_totp": Row(
        SIGNED_IN, SIGNED_IN, get_is=(302, 403, 404), post_is=(302, 403, 404)
    ),
    "mfa_view_recovery_codes": Row(SIGNED_IN, get_is=(404,)),
    "mfa_generate_recovery_codes": Row(SIGNED_IN, SIGNED_IN, get_is=(302, 403), post_is=(302, 403)),
    "mfa_download_recovery_codes": Row(SIGNED_IN, SIGNED_IN, get_is=(404,), post_is=(404,)),
    "mfa_list_webauthn": Row(SIGNED_IN),
    "mfa_add_webauthn": Row(SIGNED_IN, SIGNED_IN, get_is=(302, 403), post_is=(302, 403)),
    "mfa_login_webauthn": Row(ALL, ALL, get_is=(302,), post_is=(302,)),
    "mfa_reauthenticate_webauthn": Row(
        SIGNED_IN, SIGNED_IN, get_is=(200, 302, 403), post_is=(200, 302, 403)
    ),
    "mfa_remove_webauthn": Row(
        SIGNED_IN, SIGNED_IN, get_is=(302, 403), post_is=(302, 403), args=lambda _: {"pk": 1}
    ),
    "mfa_edit_webauthn": Row(
        SIGNED_IN, SIGNED_IN, get_is=(302, 403), post_is=(302, 403), args=lambda _: {"pk": 1}
    ),
}
"""By the name of an address."""
