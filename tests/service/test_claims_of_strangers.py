"""What a contact that did not ask says of the rows that it was told of: staff look at it."""

from __future__ import annotations

from django.core import mail
from django.test import Client, override_settings
from tests.service.objecting_world import World
from tests.service.test_letters_to_strangers import ABUSE, OPERATOR, plan, policy, sent, told

from tocsin.service import clock, installation
from tocsin.service.audit.models import AuditLine
from tocsin.service.letters.models import Letter
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.models import Case

__all__ = ["told"]
SAID = {"kind": "false_positive", "address": "198.51.100.9", "reason": "our own scanner"}


def _links(world: World) -> list[str]:
    plan(world)
    (message,) = sent()
    words = str(message.body).split()
    return [each.removeprefix("http://testserver") for each in words if "/contact-object/" in each]


def _claims() -> int:
    return AuditLine.objects.filter(verb="contact.objected").count()


def _letters() -> int:
    return Letter.objects.filter(text="staff_contact_claim").count()


def _of_the_sinkhole(links: list[str]) -> str:
    """The one to the report that has 198.51.100.9."""
    pages = {each: Client().get(each).content.decode() for each in links}
    return next(
        each for each, page in pages.items() if "-event4_sinkhole-" in page and "-cidr.csv" in page
    )


def test_what_a_contact_says_of_its_rows_goes_to_staff_once_and_hides_nothing(
    told: World,
) -> None:
    links = _links(told)
    assert len(links) == 3
    link = _of_the_sinkhole(links)
    assert _claims() == 0
    place = installation.configuration().mail.model_copy(update={"staff": "staff@example.net"})
    said = installation.configuration().model_copy(update={"mail": place})
    with override_settings(TOCSIN_CONFIGURATION=said):
        for _ in range(2):
            assert Client().post(link, SAID).status_code == 200
        assert (_claims(), _letters()) == (1, 1)
        told.desk.work()
    (letter,) = [each for each in mail.outbox if "A contact objects" in each.subject]
    assert f"{ABUSE}, who is told" in letter.body
    assert "our own scanner" in letter.body
    assert not Case.objects.exists()


def test_a_link_is_good_for_the_rows_of_its_own_report_only(told: World) -> None:
    link = _of_the_sinkhole(_links(told))
    for other in ({"address": "198.51.100.10"}, {"address": "192.0.2.1"}, {"port": 1}):
        answer = Client().post(link, {**SAID, **other})
        assert answer.status_code == 422
        assert "has no row about" in answer.content.decode()
    assert Client().post(link, {**SAID, "address": "nonsense"}).status_code == 422
    assert (_claims(), _letters()) == (0, 0)


def test_who_has_opted_out_has_no_say_and_a_copy_has_no_link(told: World) -> None:
    policy(cc="cert@example.org")
    plan(told)
    found = {each.to[0]: str(each.body) for each in sent()}
    assert "/contact-object/" in found[ABUSE]
    assert "/contact-object/" not in found["cert@example.org"]
    words = found[ABUSE].split()
    link = next(each for each in words if "/contact-object/" in each)
    switching.disable(ABUSE, "gone", OPERATOR, clock.now())
    assert Client().post(link.removeprefix("http://testserver"), SAID).status_code == 410
