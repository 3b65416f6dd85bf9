"""An organisation with all that is its own, as a value: what files hold, and what is compared."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.engine.nightly.subscribers import FilterKind, OrganisationKind
from tocsin.service.subscribers.models import (
    ContactRole,
    Delivery,
    ListMode,
    RecipientKind,
)
from tocsin.service.subscribers.values import NetworkValue


@dataclass(frozen=True, slots=True)
class ContactForm:
    """A person. has_ended: removed. state: as in the database."""

    address: str
    full_name: str = ""
    phone: str = ""
    role: ContactRole = ContactRole.MEMBER
    has_ended: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True)
class ProofForm:
    """A proof, told for the record: none is brought in as what it was. Moments are ISO 8601."""

    method: str
    state: str
    made_at: str
    ends_at: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NetworkForm:
    """A network. has_ended: it answers for it no more. state: as in the database, for people."""

    network: NetworkValue
    label: str = ""
    has_ended: bool = False
    state: str = "active"
    holder: str = ""
    proofs: tuple[ProofForm, ...] = ()


@dataclass(frozen=True, slots=True)
class RecipientForm:
    """Where reports go. has_ended: it has left, or was removed. state: as in the database."""

    address: str
    kind: RecipientKind = RecipientKind.PERSON
    has_ended: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True)
class ListForm:
    """A list with its preferences; `networks` are those it names unless it takes all."""

    name: str
    filter: FilterKind
    all_networks: bool = True
    networks: tuple[NetworkValue, ...] = ()
    except_types: tuple[str, ...] = ()
    least_severity: str = "info"
    format: str = "csv"
    compressed: bool = True
    delivery: str = Delivery.PER_REPORT.value
    delta: bool = False
    language: str = "en"
    mode: str = ListMode.SHADOW.value
    redirect_to: str = ""
    proof_of_life: str = "never"
    extra_columns: tuple[str, ...] = ()
    recipients: tuple[RecipientForm, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What names it: a name once per filter."""
        return self.name, self.filter.value


PREFERENCES = (
    "all_networks",
    "except_types",
    "least_severity",
    "format",
    "compressed",
    "delivery",
    "delta",
    "language",
    "mode",
    "redirect_to",
    "proof_of_life",
    "extra_columns",
)
"""The fields of a list that an import may change, by the names that they have in the database."""


ORGANISATION_KIND = "organisation_kind"
RECIPIENT_KIND = "recipient_kind"


@dataclass(frozen=True, slots=True)
class OrganisationForm:
    """An organisation. left_out: what a file says of it that has no place here, in words.

    unsaid: fields of it and of its parts that the form of the file has no place for: of what is
    on file they stay as they are. ORGANISATION_KIND and RECIPIENT_KIND tell the two kinds apart.
    """

    slug: str
    name: str
    kind: OrganisationKind = OrganisationKind.OWNER
    country: str = ""
    mail_domains: tuple[str, ...] = ()
    notes: str = ""
    state: str = "active"
    contacts: tuple[ContactForm, ...] = ()
    networks: tuple[NetworkForm, ...] = ()
    lists: tuple[ListForm, ...] = ()
    left_out: tuple[str, ...] = ()
    unsaid: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """An organisation as a file says it, and the line on which it begins."""

    line: int
    form: OrganisationForm
