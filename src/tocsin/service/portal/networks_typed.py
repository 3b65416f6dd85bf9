"""Networks as people type them into a form."""

from __future__ import annotations

import re

from django import forms

from tocsin.service import installation
from tocsin.service.subscribers.values import NetworkValue, any_network
from tocsin.service.texts import sentence
from tocsin.service.verification.plausible import implausible

_MOST = 500


def networks_typed(said: str) -> tuple[NetworkValue, ...]:
    """Each of them once; ValidationError that says which are none, and which nobody can have."""
    parts = [each for each in re.split(r"[\s,;]+", said) if each]
    if len(parts) > _MOST:
        raise forms.ValidationError(f"More than {_MOST} networks: please write to us.")
    rules = installation.configuration().proof
    found, wrong = {}, []
    for each in parts:
        try:
            network = any_network(each)
        except ValueError as error:
            wrong.append(sentence(error))
            continue
        reason = implausible(network, rules)
        if reason:
            wrong.append(reason)
        found[network] = True
    if wrong:
        raise forms.ValidationError(list(dict.fromkeys(wrong)))
    return tuple(found)
