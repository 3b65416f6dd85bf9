"""Documents for the claim to a country: where staff have looked, and what they read there."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import Claim, RequestState
from tocsin.service.texts import harmless

_MOST = 20


@transaction.atomic
def keep(claim: Claim, link: str, text: str, actor: Actor, now: dt.datetime) -> None:
    """Add a document to the evidence of a claim; it is frozen with the decision.

    UsageError if it is empty, its link is none, there are too many, or the request is decided.
    """
    claim = Claim.objects.select_for_update().select_related("request").get(pk=claim.pk)
    if claim.request.state not in RequestState.open_ones():
        raise UsageError(
            "the request has been decided", where=str(claim), todo="note it at the organisation"
        )
    link, text = harmless(link, 500), harmless(text, 10_000, lines=True)
    if not link and not text:
        raise UsageError("there is neither link nor text", where="document", todo="give one")
    if link and urlsplit(link).scheme not in ("https", "http"):
        raise UsageError(
            "the link is no address of a page", where="link", todo="let it begin with https://"
        )
    documents = claim.evidence.get("documents", [])
    if len(documents) >= _MOST:
        raise UsageError("there are 20 already", where=str(claim), todo="put several into one")
    document = {"link": link, "text": text, "by": actor.name, "at": now.isoformat()}
    if any(each["link"] == link and each["text"] == text for each in documents):
        return
    claim.evidence = {**claim.evidence, "documents": [*documents, document]}
    claim.save(update_fields=["evidence"])
    subject = Subject("claim", str(claim.pk), str(claim.network))
    record(
        actor, "claim.document_kept", subject, now, request=claim.request_id, after={"link": link}
    )
