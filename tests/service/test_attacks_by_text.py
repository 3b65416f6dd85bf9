"""Names and notes that would be more than text somewhere: they are text everywhere."""

from __future__ import annotations

import csv
import io

from django.core import mail
from django.db.models import CharField, JSONField, TextField
from django.urls import reverse
from tests.service.desk import Desk, now
from tests.service.rights import ADMIN_A, STAFF_ADMIN, TABLE
from tests.service.rights_world import make_world

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers import models
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.changes.telling import note_change
from tocsin.service.subscribers.models import Contact

HOSTILE = "=1+1</title>'\"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*191}}"
_OURS = ("slug", "value", "kind", "state", "address", "requester", "filter", "first", "last")


def test_no_text_of_a_row_is_more_than_text_on_any_page(desk: Desk) -> None:
    world = make_world(desk)
    _poison()
    shown = world.browser(STAFF_ADMIN).get(reverse("staff_organisations")).content.decode()
    assert "&lt;script&gt;alert" in shown
    for role in (ADMIN_A, STAFF_ADMIN):
        browser = world.browser(role)
        for name, row in TABLE.items():
            if role not in row.get or name == "account_logout":
                continue
            page = browser.get(reverse(name, kwargs=row.args(world)))
            content = (b"".join(page) if page.streaming else page.content).decode()
            if page.headers["Content-Type"].startswith("text/html"):
                assert "<script>alert" not in content, (role, name)
                assert "<img src=x" not in content, (role, name)
            assert "1337" not in content, (role, name)


def _poison() -> None:
    """The hostile text into each column that people fill."""
    for name in ("Organisation", "Contact", "Network", "Request", "Claim", "Case", "Recipient"):
        for row in getattr(models, name).objects.all():
            for column in row._meta.concrete_fields:
                is_text = isinstance(column, CharField | TextField) and not column.choices
                if is_text and column.name not in _OURS and column.db_column is None:
                    longest = getattr(column, "max_length", None) or 500
                    setattr(row, column.name, HOSTILE[:longest])
                if isinstance(column, JSONField) and column.name == "wanted":
                    setattr(row, column.name, {**row.wanted, "full_name": HOSTILE, "note": HOSTILE})
            row.save()


def test_no_cell_of_the_audits_csv_is_a_formula(desk: Desk) -> None:
    world = make_world(desk)
    for said in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"):
        record(Actor.person(said), "thing.done", Subject("thing", "1", said), now(), note=said)
    answer = world.browser(STAFF_ADMIN).get(reverse("staff_audit_export"))
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode())))
    assert len(rows) > 8
    for row in rows:
        for cell in row:
            assert not cell.strip().startswith(("=", "+", "-", "@")), cell


def test_a_name_adds_no_header_to_a_letter(desk: Desk) -> None:
    world = make_world(desk)
    for said in ("Evil\r\nBcc: thief@example.net", "Evil\nBcc: thief@example.net", "E\u2028Bcc: t"):
        world.a.name = said
        world.a.save()
        Contact.objects.filter(organisation=world.a).update(full_name=said)
        note_change(world.a, said, [Step(Did.NETWORK_ENDED, 1, said)], now())
        desk.work()
    assert len(mail.outbox) >= 3
    for each in mail.outbox:
        message = each.message()
        assert "Bcc" not in message
        assert len(each.recipients()) == 1
        assert "\n" not in each.subject
