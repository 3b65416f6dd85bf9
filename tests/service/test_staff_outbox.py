"""What staff see of the outbox, and how they let a message go once more."""

from __future__ import annotations

from tests.service.desk import Desk, now
from tests.service.plain_composer import deliveries

from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.models import AuditLine
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryState,
    Night,
    Outcome,
    Report,
)

ADDRESSES = ("noc@example.org", "abuse@example.net", "cert@example.com")


def failed(desk: Desk) -> Delivery:
    made = deliveries(ADDRESSES, now())
    Delivery.objects.filter(pk=made[0].pk).update(state=DeliveryState.SENT)
    Delivery.objects.filter(pk=made[1].pk).update(
        state=DeliveryState.FAILED, reason="refused", reply="550 <script>no", ended_at=now()
    )
    return made[1]


def test_the_outbox_counts_and_shows_the_servers_words(desk: Desk) -> None:
    failed(desk)
    browser = desk.signed_in(desk.reviewer())
    page = browser.get("/staff/deliveries/")
    counts = {(each["state"], each["reason"]): each["count"] for each in page.context["counts"]}
    assert counts == {("sent", ""): 1, ("failed", "refused"): 1, ("waiting", ""): 1}
    assert [each.address for each in page.context["shown"]] == ["abuse@example.net"]
    assert "550 &lt;script&gt;no" in page.content.decode()
    for said, found in (
        ({"text": "cert@"}, ["cert@example.com"]),
        ({"state": "sent"}, ["noc@example.org"]),
        ({"text": "\0"}, ["abuse@example.net"]),
        ({"day": "2020-01-01"}, []),
        ({"day": "nonsense"}, ["abuse@example.net"]),
    ):
        shown = browser.get("/staff/deliveries/", said).context["shown"]
        assert [each.address for each in shown] == found, said


def test_the_outbox_says_what_the_brake_holds_back_and_that_nothing_is_due(desk: Desk) -> None:
    day = now().date()
    night = Night.objects.create(day=day, revision=1, manifest="0" * 64, taken_at=now())
    for outcome in (Outcome.HELD, Outcome.WAITING):
        Report.objects.create(
            night=night, day=day, list=7, report_type="event4_sinkhole", file=f"{outcome}.csv",
            rows=1, bytes=1, sha256="0" * 64, pack="packs/x", offset=0, outcome=outcome,
        )  # fmt: skip
    page = desk.signed_in(desk.reviewer()).get("/staff/deliveries/").content.decode()
    assert "Nothing is due" in page
    assert f"holds 1 report of {day} back" in page


def test_one_that_has_failed_is_tried_again_and_the_audit_tells_who_asked(desk: Desk) -> None:
    delivery = failed(desk)
    admin = User.objects.create_user("admin@tocsin.example.org", staff_role=StaffRole.ADMIN)
    browser = desk.signed_in(admin)
    for _ in range(2):
        browser.post(f"/staff/deliveries/{delivery.pk}/again")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.ended_at) == ("waiting", 0, None)
    (line,) = AuditLine.objects.filter(verb="delivery.again")
    assert line.before == {"reason": "refused", "reply": "550 <script>no"}
