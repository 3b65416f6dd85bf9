"""The service's OpenPGP key: whether what is mailed is signed with it."""

from __future__ import annotations

import datetime as dt

from tocsin.model.errors import ConfigurationError
from tocsin.service import installation
from tocsin.service.delivery.doctor.finding import Finding, Health
from tocsin.service.delivery.openpgp.service_key import service_key


def openpgp_findings(now: dt.datetime) -> list[Finding]:
    """One, or none if there is no key: nobody has to have one."""
    where = installation.configuration().mail.openpgp_key
    try:
        key = service_key()
    except ConfigurationError as error:
        return [Finding("OpenPGP", Health.BAD, error.what, error.where or where, error.todo)]
    if key is None:
        return []
    if not key.signs(now):
        todo = "put one that is valid in its place, see docs/operators/openpgp.md"
        return [Finding("OpenPGP", Health.BAD, "the key is over: nothing is signed", where, todo)]
    return [Finding("OpenPGP", Health.GOOD, f"all mail is signed with {key.grouped}", where)]
