"""Mailing lists: which rows go to whom, and how."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.severity import Severity
from tocsin.service.subscribers.models.network import Network
from tocsin.service.subscribers.models.organisation import Organisation


class ListMode(models.TextChoices):
    """Shadow: reports are made and shown, not sent. Redirect: all go to one tester."""

    SHADOW = "shadow", "shadow: made and shown, not sent"
    REDIRECT = "redirect", "redirect: everything to one tester"
    LIVE = "live", "live"


class Delivery(models.TextChoices):
    """What one mail holds."""

    PER_REPORT = "per_report", "one mail per report"
    DIGEST = "digest", "one mail a day"


class ReportFormat(models.TextChoices):
    """How a report is written."""

    CSV = "csv", "CSV"
    HTML = "html", "HTML"
    XML = "xml", "XML"
    TEXT = "text", "plain text"
    JSON = "json", "JSON"
    XARF = "xarf", "XARF"
    LINK = "link", "only the link"


class ProofOfLife(models.TextChoices):
    """How often a list is told that nothing was seen, if nothing was."""

    NEVER = "never", "never"
    WEEKLY = "weekly", "every week"
    MONTHLY = "monthly", "every month"


class ExtraColumn(models.TextChoices):
    """What may stand behind the columns of each report, in this order."""

    FINDING_ID = (
        "finding_id",
        "finding_id: what the row is a sighting of, as the page Findings has it",
    )
    LABEL = "label", "label: what you call the longest prefix around its address"


def in_order(columns: Collection[str]) -> list[str]:
    """Extra columns as they are stored, and as they stand in reports."""
    return [each for each in ExtraColumn.values if each in columns]


class MailingList(models.Model):
    """A list of an organisation: one filter kind, its networks, its recipients, its preferences.

    The number is its identity, in the snapshot and in reports; `name` is part of their names.
    `except_types`: the report types it does not want; all others it gets, new ones included.
    `all_networks`: every network of its kind, those to come as well; else those it names.
    `extra_columns`: values of ExtraColumn, in its order.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="lists")
    name = models.SlugField(max_length=64)
    filter = models.CharField(
        max_length=6, choices=[(each.value, each.value) for each in FilterKind]
    )
    all_networks = models.BooleanField(default=True)
    networks: models.ManyToManyField[Network, ListNetwork] = models.ManyToManyField(
        Network, through="ListNetwork", related_name="lists"
    )
    except_types = models.JSONField(default=list, blank=True)
    least_severity = models.CharField(
        max_length=8,
        choices=[(each.word, each.word) for each in Severity],
        default=Severity.INFO.word,
    )
    format = models.CharField(max_length=4, choices=ReportFormat.choices, default=ReportFormat.CSV)
    compressed = models.BooleanField(default=True)
    delivery = models.CharField(
        max_length=10, choices=Delivery.choices, default=Delivery.PER_REPORT
    )
    delta = models.BooleanField(default=False)
    proof_of_life = models.CharField(
        max_length=7, choices=ProofOfLife.choices, default=ProofOfLife.NEVER
    )
    extra_columns = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=8, default="en")
    mode = models.CharField(max_length=8, choices=ListMode.choices, default=ListMode.SHADOW)
    redirect_to = models.EmailField(blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A name once per filter, as the names of reports demand."""

        ordering = ("organisation_id", "name", "filter")
        constraints = (models.UniqueConstraint(fields=["name", "filter"], name="list_name_once"),)

    def __str__(self) -> str:
        return f"{self.name}-{self.filter}"


class ListNetwork(models.Model):
    """A network that a list names."""

    list = models.ForeignKey(MailingList, models.CASCADE)
    network = models.ForeignKey(Network, models.CASCADE)

    class Meta:
        """Once."""

        constraints = (
            models.UniqueConstraint(fields=["list", "network"], name="list_network_once"),
        )

    def __str__(self) -> str:
        return f"{self.network} of {self.list}"


class RecipientKind(models.TextChoices):
    """A person confirms the address and may leave alone; for a role address the admin vouches."""

    PERSON = "person", "a person"
    ROLE = "role", "a role or machine address"


class RecipientState(models.TextChoices):
    """Only an active recipient is sent anything."""

    UNCONFIRMED = "unconfirmed", "not confirmed yet"
    WAITING = "waiting", "waits until its time has come"
    ACTIVE = "active", "active"
    LEFT = "left", "has left"
    REMOVED = "removed", "removed"


class Recipient(models.Model):
    """An address that gets the reports of a list.

    `active_from`: when an address outside the organisation's domains may be sent to at the
    earliest. `round` changes when links that were mailed to it are to become void. `asks`: how
    often it was asked to confirm in this round. `links_only`: a gateway in front of it has refused
    the files, so that its messages go without.
    """

    list = models.ForeignKey(MailingList, models.PROTECT, related_name="recipients")
    address = models.EmailField()
    kind = models.CharField(max_length=6, choices=RecipientKind.choices)
    state = models.CharField(
        max_length=11, choices=RecipientState.choices, default=RecipientState.UNCONFIRMED
    )
    active_from = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    vouched_by = models.CharField(max_length=254, blank=True)
    round = models.PositiveIntegerField(default=0)
    asks = models.PositiveIntegerField(default=0)
    links_only = models.BooleanField(default=False)
    since = models.DateTimeField()

    class Meta:
        """An address once per list."""

        ordering = ("address", "id")
        constraints = (models.UniqueConstraint(fields=["list", "address"], name="recipient_once"),)
        indexes = (models.Index(fields=["address", "state"], name="recipient_address"),)

    def __str__(self) -> str:
        return f"{self.address} of {self.list}"
