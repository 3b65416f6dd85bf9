"""What was done, in the words of an organisation's history."""

from __future__ import annotations

_WORDS = {
    "api_key.made": "API key made",
    "api_key.revoked": "API key revoked",
    "finding.marked": "said of a finding",
    "prefix_labels.set": "labels of prefixes replaced",
    "webhook.made": "web-hook added",
    "webhook.ended": "web-hook ended",
    "webhook.off": "web-hook put off",
    "webhook.on": "web-hook put on",
    "case.made": "objection made",
    "case.accepted": "objection accepted",
    "case.confirmed": "objection confirmed",
    "case.ended": "objection ended",
    "case.refused": "objection refused",
    "case.withdrawn": "objection withdrawn",
    "claim.abuse_mailbox_agrees": "abuse mailbox agrees to the network",
    "claim.asked": "contacts of the registry asked about the network",
    "claim.not_answered": "no contact of the registry has answered",
    "claim.pending": "registry did not answer; it is asked again",
    "claim.proven": "network proven",
    "claim.refused": "network refused",
    "claim.to_staff": "network left to our staff to decide",
    "claim.wrong_code": "wrong code for the network",
    "contact.active": "person's time of waiting is over",
    "contact.role": "person's role changed",
    "list.mode": "sending of the list changed",
    "list.preference": "preference of the list changed",
    "network.label": "label of the network changed",
    "network.proof_renewed": "proof of the network renewed",
    "network.registry_changed": "registry says something new of the network",
    "network.warned": "told that the proof of the network ends",
    "recipient.attached_again": "files sent to the recipient again",
    "recipient.complained": "complaint of the recipient about a mail",
    "recipient.links_only": "recipient gets links only, since a gateway refused a file",
    "recipient.tried_again": "recipient's address tried again",
    "recipient.unreachable": "recipient's address cannot be reached",
    "recipient_key.asked": "asked for an OpenPGP key",
    "recipient_key.put_back": "OpenPGP key used again",
    "recipient_key.removed": "OpenPGP key removed",
    "recipient_key.replaced": "OpenPGP key replaced",
    "recipient_key.set": "OpenPGP key put on file",
    "recipient_key.unusable": "OpenPGP key cannot be used any more",
    "request.to_review": "request is before our staff",
}
"""Those whose name does not say it by itself."""


def in_words(verb: str) -> str:
    """A verb of the audit for people: `network.added` is "network added"."""
    return _WORDS.get(verb) or verb.replace(".", " ").replace("_", " ")
