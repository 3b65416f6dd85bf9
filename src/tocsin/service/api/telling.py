"""The methods that tell of the service and of the key itself."""

from __future__ import annotations

from tocsin.service.api.answers import Answer
from tocsin.service.api.arguments import Asked
from tocsin.service.api.caller import Caller


def ping(caller: Caller, asked: Asked) -> Answer:  # noqa: ARG001 - methods have one form
    """The time here."""
    return {"pong": f"{caller.now:%Y-%m-%d %H:%M:%S}Z"}


def key_info(caller: Caller, asked: Asked) -> Answer:  # noqa: ARG001
    """The key that calls, in a list of one, as clients expect."""
    key = caller.key
    return [
        {
            "key": key.key_id,
            "name": key.name,
            "organisation": key.organisation.name,
            "groups": list(key.groups),
            "reports": sorted(str(each) for each in caller.lists.values()),
            "sources": list(key.sources),
            "created": f"{key.made_at:%Y-%m-%d %H:%M:%S}Z",
            "expires": f"{key.expires_at:%Y-%m-%d %H:%M:%S}Z" if key.expires_at else "",
            "last_used": key.last_used.isoformat() if key.last_used else "",
        }
    ]
