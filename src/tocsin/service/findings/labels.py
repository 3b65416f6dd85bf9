"""What an organisation calls its prefixes: the label of the longest one that holds an address."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from tocsin.model.address import ALL_ONES, V4_BITS, Network, parse_network
from tocsin.model.errors import Problem, UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.findings.models import PrefixLabel
from tocsin.service.subscribers.models import NetworkState, Organisation
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.texts import harmless

MOST = 20_000
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Labels:
    """By length in 128 bits, the longest first, then by first address."""

    by_length: Mapping[int, Mapping[int, str]]

    @classmethod
    def of(cls, organisation: Organisation) -> Labels:
        """Those of its networks, and those of prefixes, which count more."""
        found: dict[int, dict[int, str]] = defaultdict(dict)
        networks = organisation.networks.filter(
            kind=NetworkKind.CIDR.value, state=NetworkState.ACTIVE
        )
        for each in networks.exclude(label=""):
            prefix = parse_network(each.value)
            found[prefix.length][prefix.first] = each.label
        told = organisation.prefix_labels.order_by().values_list("length", "first", "label")
        for length, first, label in told.iterator():
            found[length][int(first, 16)] = label
        return cls({length: found[length] for length in sorted(found, reverse=True)})

    def label(self, first: int | None, length: int | None) -> str:
        """Of a subject; "" for none."""
        if first is None or length is None:
            return ""
        is_v4 = Network(first, length).is_v4
        for each, labels in self.by_length.items():
            if each <= length:
                # As numbers ::/0 and its like lie around mapped IPv4, but do not mean it.
                found = (
                    None if is_v4 and each < V4_BITS else labels.get(first & ~(ALL_ONES >> each))
                )
                if found is not None:
                    return found
        return ""


def read_labels(text: str) -> dict[Network, str]:
    """`prefix,label` a line, a header first; UsageError with all mistakes by line."""
    found: dict[Network, str] = {}
    problems: list[Problem] = []
    try:
        lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error as error:
        raise UsageError("this is no CSV", where="file", todo=harmless(str(error), 200)) from None
    if not lines or [each.strip().lower() for each in lines[0]] != ["prefix", "label"]:
        raise UsageError("the first line is not prefix,label", where="file", line=1)
    if len(lines) > MOST + 1:
        raise UsageError(f"these are more than {MOST} labels", where="file")
    for number, cells in enumerate(lines[1:], 2):
        if not cells:
            continue
        try:
            prefix, label = cells
            network = parse_network(prefix.strip())
        except ValueError:
            what = f"{harmless(','.join(cells), 60)!r} is no prefix with its label"
            problems.append(Problem("file", number, 0, what))
            continue
        if network in found:
            problems.append(Problem("file", number, 0, f"{network} is named twice"))
        elif len(label) > _LONGEST:
            problems.append(Problem("file", number, 0, f"the label is longer than {_LONGEST}"))
        found[network] = harmless(label, _LONGEST)
    if problems:
        raise UsageError("the labels have mistakes", where="file", problems=problems)
    return {network: label for network, label in found.items() if label}


@transaction.atomic
def set_labels(
    organisation: Organisation, labels: Mapping[Network, str], actor: Actor, now: dt.datetime
) -> bool:
    """Make these the labels, all of them; False if they are already."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    before = {each.prefix: each.label for each in organisation.prefix_labels.all()}
    after = {str(network): label for network, label in labels.items()}
    if before == after:
        return False
    organisation.prefix_labels.all().delete()
    PrefixLabel.objects.bulk_create(
        [
            PrefixLabel(
                organisation=organisation,
                prefix=str(network),
                first=f"{network.first:032x}",
                length=network.length,
                label=label,
            )
            for network, label in labels.items()
        ],
        batch_size=500,
    )
    record(
        actor,
        "prefix_labels.set",
        Subject("organisation", str(organisation.pk), organisation.name),
        now,
        organisation=organisation.pk,
        before={"labels": len(before)},
        after={"labels": len(after)},
    )
    return True
