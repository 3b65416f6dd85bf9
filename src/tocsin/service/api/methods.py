"""The explicit list of all methods, and the group that each needs."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.service.api import asn, downloading, querying, reports, telling
from tocsin.service.api.answers import Method
from tocsin.service.api.keys import REPORTS

METHODS: Mapping[str, Method] = {
    "test/ping": Method(telling.ping),
    "key/info": Method(telling.key_info),
    "reports/subscribed": Method(reports.subscribed, REPORTS),
    "reports/types": Method(reports.types, REPORTS),
    "reports/list": Method(reports.listed, REPORTS, counted=False),
    "reports/download": Method(downloading.download, REPORTS, counted=False),
    "reports/query": Method(querying.search, REPORTS),
    "reports/stats": Method(reports.stats, REPORTS),
    "reports/schema": Method(downloading.schema, REPORTS),
    "reports/device-info": Method(downloading.device_info, REPORTS),
    "net/asn": Method(asn.answer),
    "research/asn": Method(asn.answer),
}
"""By name."""

PUBLIC = ("net/asn", "research/asn")
"""What may be asked by GET and without a key as well: it is nobody's own."""


def name_of(said: str) -> str:
    """The method that an address names; "" if there is none.

    Clients write `-` or `_` in names, and some a `-` where the slash is.
    """
    name = said.strip("/").replace("_", "-")
    if "/" not in name:
        name = name.replace("-", "/", 1)
    return name if name in METHODS else ""
