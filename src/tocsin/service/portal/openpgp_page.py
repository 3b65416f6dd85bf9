"""The service's own OpenPGP key, for whoever wants to check what it signs."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tocsin.service.delivery.openpgp.service_key import service_key
from tocsin.service.permissions import Permission, needs


@needs(Permission.ANYONE)
@require_safe
def own_key(_request: HttpRequest) -> HttpResponse:
    """The public part, armoured; not found if the service has no key."""
    key = service_key()
    if key is None:
        raise Http404
    return HttpResponse(
        key.public,
        content_type="application/pgp-keys",
        headers={"Content-Disposition": 'attachment; filename="openpgp.asc"'},
    )
