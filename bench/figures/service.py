"""The service with 20,000 organisations: its pages, its snapshot, and who else covers a network."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Clock, Value

if TYPE_CHECKING:
    from django.test import Client

TIMES = 40
"""So often each thing is done."""

OVERLAP = "who else covers a network"
MUST = {OVERLAP: 0.05}
"""Seconds, where it is not one."""

_SEARCHES = (
    "/staff/requests/",
    "/staff/requests/?page=40",
    "/staff/requests/?state=all&page=400",
    "/staff/requests/?state=all&text=Hosting",
    "/staff/requests/?state=all&text=Nobody+of+that+name",
    "/staff/requests/?state=all&text=noc@o1999.example.net",
    "/staff/requests/?state=all&text=10.3.0.0/16",
    "/staff/requests/?state=all&text=AS4200000007",
    "/staff/requests/?state=review&text=21999",
)
_LISTINGS = (
    "/staff/organisations/",
    "/staff/organisations/?page=399",
    "/staff/organisations/?text=Clinic",
    "/staff/organisations/?text=Nobody+of+that+name",
    "/staff/organisations/?text=noc@o777.example.net",
    "/staff/organisations/?text=10.3.4.0/24",
    "/staff/organisations/?text=o777.example.net",
    "/staff/organisations/?state=frozen",
)


def ours(_: str, place: str, socket: str) -> Value:
    """Fill a database (PostgreSQL at a socket, else SQLite) and use it; seconds by figure."""
    root = Path(place)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    if socket:
        said = f'[database]\nkind = "postgresql"\nhost = "{socket}"\nuser = "postgres"\n'
        (root / "tocsin.toml").write_text(f'{said}name = "postgres"\n', encoding="utf-8")
    filling = Clock()
    _fill(root)
    filled = filling.seconds
    found = {name: _p95(uses) for name, uses in _uses(root).items()}
    p95 = {name: wall for name, (wall, _) in found.items()}
    processor = {name: own for name, (_, own) in found.items()}
    return {"seconds": max(p95.values()), "filled": filled, "p95": p95, "processor": processor}


def _fill(root: Path) -> None:
    from tocsin.service.start import start  # noqa: PLC0415 - settings are what it makes of the home

    (start(root).service / "static").mkdir()
    from django.core.management import call_command  # noqa: PLC0415 - needs Django
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django

    from bench.world.subscribers import fill  # noqa: PLC0415 - needs Django

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        fill()
    with connection.cursor() as cursor:
        # As the database does by itself in time.
        cursor.execute("ANALYZE")


def _uses(root: Path) -> dict[str, Callable[[int], object]]:
    """What is measured: each given the number of the time."""
    from bench.world.subscribers import DECIDED, NOW, ORGANISATIONS  # noqa: PLC0415 - needs Django
    from tocsin.engine.home import Home  # noqa: PLC0415 - needs Django
    from tocsin.service.subscribers.models import Organisation  # noqa: PLC0415 - needs Django
    from tocsin.service.subscribers.requests.coverage import who_else  # noqa: PLC0415 - needs Django
    from tocsin.service.subscribers.snapshots.writing import write_snapshot  # noqa: PLC0415 - needs Django
    from tocsin.service.subscribers.values import any_network  # noqa: PLC0415 - needs Django

    staff, admin = _browsers()
    first = Organisation.objects.order_by("pk").values_list("pk", flat=True)[0]
    networks = [any_network(each) for each in _networks()]

    def snapshot(number: int) -> None:
        # Each time something has changed, so that a file is written.
        Organisation.objects.filter(pk=first).update(name=f"Example {number}")
        write_snapshot(Home(root), NOW)

    def slug(number: int) -> str:
        return f"organisation-{number * 397 % ORGANISATIONS}"

    return {
        "searches of the review": _pages(staff, _SEARCHES),
        "list of organisations": _pages(staff, _LISTINGS),
        "a request": lambda number: _page(staff, f"/staff/requests/{DECIDED + 1 + number * 13}"),
        "an organisation, for staff": lambda number: _page(
            staff, f"/staff/organisations/{slug(number)}/"
        ),
        "an organisation's own pages": _pages(admin, _OWN),
        "snapshot": snapshot,
        OVERLAP: lambda number: who_else(networks[number % len(networks)]),
    }


_OWN = tuple(f"/organisations/organisation-0/{each}" for each in ("", "networks", "lists/"))


def _networks() -> Iterator[str]:
    """Networks of all kinds, held and not, narrow and broad."""
    for number in range(10):
        yield from (f"10.{number * 7}.{number}.0/24", f"10.{100 + number}.5.64/28", "10.0.0.0/9")
        yield from (f"fd00:{number:x}::/48", f"AS{4_200_000_000 + number * 31}", "2001:db8::/32")
        yield from (f"www.o{number}.example.net", "example.net", "192.0.2.0/24")


def _browsers() -> tuple[Client, Client]:
    """One of staff, one of the admin of the first organisation."""
    from tests.service.desk import signed_in  # noqa: PLC0415 - needs Django

    from tocsin.service.accounts.models import StaffRole, User  # noqa: PLC0415 - needs Django
    from tocsin.service.subscribers.models import Contact  # noqa: PLC0415 - needs Django

    reviewer = User.objects.create_user("staff@example.org", staff_role=StaffRole.REVIEWER)
    admin = User.objects.create_user("noc@o0.example.net")
    Contact.objects.filter(address=admin.email).update(account=admin)
    return signed_in(reviewer), signed_in(admin)


def _pages(browser: Client, addresses: tuple[str, ...]) -> Callable[[int], None]:
    return lambda number: _page(browser, addresses[number % len(addresses)])


def _page(browser: Client, address: str) -> None:
    answer = browser.get(address)
    if answer.status_code != HTTPStatus.OK:
        raise SystemExit(f"{address} answers {answer.status_code}")


def _p95(use: Callable[[int], object]) -> tuple[float, float]:
    """By the clock, and of this process's time on a processor, which tells more on a busy machine.

    Of what comes after the first time, in which things are read that stay.
    """
    use(0)
    walls, owns = [], []
    for number in range(1, TIMES + 1):
        wall, own = time.perf_counter(), time.process_time()
        use(number)
        walls.append(time.perf_counter() - wall)
        owns.append(time.process_time() - own)
    at = int(TIMES * 0.95) - 1
    return sorted(walls)[at], sorted(owns)[at]
