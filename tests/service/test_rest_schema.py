"""The API is what its description says, whatever it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.fakes.small_home import event
from tests.service.objecting_world import World
from tests.service.rest_keys import client_of

from tocsin.service import clock
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.rest.api import API

EXAMPLES = 12
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_SCHEMA = schemathesis.openapi.from_dict(API.get_openapi_schema(path_prefix="/api/v1/"))
_SCHEMA.app = WSGIHandler()
_OPERATIONS = {
    each.ok().label: each.ok() for each in _SCHEMA.get_all_operations() if isinstance(each, Ok)
}
_THERE = {"types": "event4_sinkhole", "reports": "2026-11-22-event4_sinkhole-alpha-asn.csv"}
"""Names of what there is, by the part of the path before them."""


@pytest.fixture
def bearer(world: World) -> Iterator[str]:
    """A key of an organisation that has a report."""
    world.small.collect_events([event(1), event(2, "192.0.2.11")])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    # As Django's own test client does: the connection is in the middle of the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield client_of(world.alpha.organisation).defaults["HTTP_AUTHORIZATION"]
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.mark.parametrize("label", sorted(_OPERATIONS))
def test_every_answer_conforms_and_none_is_a_server_error(bearer: str, label: str) -> None:
    seen: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_OPERATIONS[label].as_strategy(), there=booleans())
    def asked(case: schemathesis.Case[Any], there: bool) -> None:
        if there and "{name}" in label:
            case.path_parameters = {"name": _THERE[label.split("/")[3]]}
        if there and case.method == "POST":
            case.body, case.media_type = {"marks": []}, "application/json"
        headers = {"Authorization": bearer, "Host": "testserver"}
        answer = case.call(headers=headers)
        seen.add(answer.status_code)
        case.validate_response(answer, checks=_CHECKS)

    asked()
    assert 200 in seen
