"""What is known of subscribers."""

from tocsin.service.subscribers.models.abuse_contact import (
    AbuseContact,
    ContactOrigin,
    ContactPolicy,
)
from tocsin.service.subscribers.models.address_health import AddressHealth, Cause, Health
from tocsin.service.subscribers.models.case import Case, CaseKind, CaseState
from tocsin.service.subscribers.models.change import Change, ChangeState
from tocsin.service.subscribers.models.delegation import Delegation, DelegationLevel
from tocsin.service.subscribers.models.mailing_list import (
    Delivery,
    ListMode,
    ListNetwork,
    MailingList,
    Recipient,
    RecipientKind,
    RecipientState,
)
from tocsin.service.subscribers.models.network import (
    Network,
    NetworkState,
    Proof,
    ProofMethod,
    ProofState,
)
from tocsin.service.subscribers.models.organisation import (
    Contact,
    ContactRole,
    ContactState,
    Organisation,
    OrganisationState,
)
from tocsin.service.subscribers.models.recipient_key import RecipientKey, RecipientKeyState
from tocsin.service.subscribers.models.registry_use import RegistryAnswer, RegistryUse
from tocsin.service.subscribers.models.report_type import KnownType
from tocsin.service.subscribers.models.request import (
    Claim,
    ClaimState,
    Request,
    RequestChannel,
    RequestKind,
    RequestState,
)

__all__ = [
    "AbuseContact",
    "AddressHealth",
    "Case",
    "CaseKind",
    "CaseState",
    "Cause",
    "Change",
    "ChangeState",
    "Claim",
    "ClaimState",
    "Contact",
    "ContactOrigin",
    "ContactPolicy",
    "ContactRole",
    "ContactState",
    "Delegation",
    "DelegationLevel",
    "Delivery",
    "Health",
    "KnownType",
    "ListMode",
    "ListNetwork",
    "MailingList",
    "Network",
    "NetworkState",
    "Organisation",
    "OrganisationState",
    "Proof",
    "ProofMethod",
    "ProofState",
    "Recipient",
    "RecipientKey",
    "RecipientKeyState",
    "RecipientKind",
    "RecipientState",
    "RegistryAnswer",
    "RegistryUse",
    "Request",
    "RequestChannel",
    "RequestKind",
    "RequestState",
]
