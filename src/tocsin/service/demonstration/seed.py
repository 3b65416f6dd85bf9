"""Puts the subscribers of the made-up world into the database, and some requests before the staff.

    python -m tocsin.service.demonstration.seed HOME

It is a process of its own: a process serves one home.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.home import Home
from tocsin.service.setup import set_up

_FOUNDED = dt.datetime(2024, 3, 1, 9, 0, tzinfo=dt.UTC)
_PROVEN_FOR = dt.timedelta(days=3650)


def seed(root: Path) -> None:
    """Make the database of the demonstration at `root`; its lists.json says who subscribes."""
    set_up(root)
    from django.db import transaction  # noqa: PLC0415 - Django has to be ready

    from tocsin.service.demonstration.asking import ask_for_more  # noqa: PLC0415 - needs Django
    from tocsin.service.subscribers.snapshots.writing import write_snapshot  # noqa: PLC0415 - needs Django

    home = Home(root)
    said = json.loads(home.lists.read_text(encoding="utf-8"))
    with transaction.atomic():
        _people()
        for each in said["organisations"]:
            _organisation(each)
        everything = set(load_catalogue(home.catalogue).report_types)
        for each in said["lists"]:
            _list(each, everything)
        _contact()
    ask_for_more()
    write_snapshot(home, dt.datetime.now(dt.UTC))


def _people() -> None:
    from allauth.mfa.totp.internal.auth import TOTP  # noqa: PLC0415 - needs Django

    from tocsin.service.accounts.models import StaffRole  # noqa: PLC0415 - needs Django
    from tocsin.service.accounts.staff import appoint  # noqa: PLC0415 - needs Django
    from tocsin.service.demonstration.people import STAFF, STAFF_FACTOR  # noqa: PLC0415 - Django

    TOTP.activate(appoint(STAFF, StaffRole.ADMIN, _FOUNDED), STAFF_FACTOR)


def _organisation(said: Mapping[str, Any]) -> None:
    from tocsin.service.subscribers import models  # noqa: PLC0415 - needs Django
    from tocsin.service.subscribers.values import NetworkKind, network_value  # noqa: PLC0415 - Django

    countries = [each["country"] for each in said["networks"] if "country" in each]
    organisation = models.Organisation.objects.create(
        slug=said["id"],
        name=said["name"],
        kind=said["kind"],
        country=countries[0] if countries else "",
        mail_domains=[f"{said['id']}.example.net"],
        founded_at=_FOUNDED,
    )
    for each in said["networks"]:
        kind = next(key for key in NetworkKind if key.value in each)
        network = models.Network.objects.create(
            organisation=organisation,
            **models.Network.columns_of(network_value(kind, str(each[kind.value]))),
            holder=said["name"],
            valid_from=_FOUNDED,
        )
        models.Proof.objects.create(
            network=network,
            method=models.ProofMethod.STAFF,
            note="Made for the demonstration.",
            made_at=_FOUNDED,
            ends_at=_FOUNDED + _PROVEN_FOR,
        )


def _list(said: Mapping[str, Any], everything: set[str]) -> None:
    from tocsin.service.subscribers import models  # noqa: PLC0415 - needs Django

    types = said.get("types", {})
    unwanted = everything - set(types["only"]) if "only" in types else types.get("except", [])
    made = models.MailingList.objects.create(
        pk=said["id"],
        organisation=models.Organisation.objects.get(slug=said["organisation"]),
        name=said["name"],
        filter=said["filter"],
        except_types=sorted(unwanted),
        least_severity=said.get("least_severity", "info"),
        delta=said.get("delta", False),
        mode=models.ListMode.LIVE,
        valid_from=_FOUNDED,
    )
    models.Recipient.objects.create(
        list=made,
        address=f"abuse@{said['organisation']}.example.net",
        kind=models.RecipientKind.ROLE,
        state=models.RecipientState.ACTIVE,
        vouched_by="noc@" + said["organisation"] + ".example.net",
        active_from=_FOUNDED,
        since=_FOUNDED,
    )


def _contact() -> None:
    """Somebody who can sign in for each organisation."""
    from tocsin.service.accounts.models import User  # noqa: PLC0415 - needs Django
    from tocsin.service.subscribers import models  # noqa: PLC0415 - needs Django

    for organisation in models.Organisation.objects.all():
        address = f"noc@{organisation.slug}.example.net"
        models.Contact.objects.create(
            organisation=organisation,
            full_name="Ada Example",
            address=address,
            phone="+12025550100",
            role=models.ContactRole.ADMIN,
            state=models.ContactState.ACTIVE,
            account=User.objects.create_user(address),
            since=_FOUNDED,
        )


if __name__ == "__main__":
    seed(Path(sys.argv[1]))
