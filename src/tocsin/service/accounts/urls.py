"""The pages of accounts that there are: signing in by mailed code or passkey, second factors.

The library has more (passwords, making an account, changing addresses); what is not listed here
does not exist.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.views.decorators.http import require_safe

from tocsin.service.permissions import Permission, needs


@require_safe
def _sign_in(request: HttpRequest) -> HttpResponse:
    """The library's page to sign in asks for a password; ours for an address."""
    query = request.META.get("QUERY_STRING", "")
    target = reverse("account_request_login_code")
    return redirect(f"{target}?{query}" if query else target)


_anyone = needs(Permission.ANYONE)
_signed_in = needs(Permission.SIGNED_IN)

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", _anyone(_sign_in), name="account_login"),
    path("login/code/", _anyone(account.request_login_code), name="account_request_login_code"),
    path(
        "login/code/confirm/",
        _anyone(account.confirm_login_code),
        name="account_confirm_login_code",
    ),
    path("logout/", _anyone(account.logout), name="account_logout"),
    path("inactive/", _anyone(account.account_inactive), name="account_inactive"),
    path(
        "reauthenticate/code/",
        _signed_in(account.request_reauthentication_code),
        name="account_request_reauthentication_code",
    ),
    path(
        "reauthenticate/code/confirm/",
        _signed_in(account.confirm_reauthentication_code),
        name="account_confirm_reauthentication_code",
    ),
    path("2fa/", _signed_in(mfa.index), name="mfa_index"),
    path("2fa/authenticate/", _anyone(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", _signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", _signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", _signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(
        "2fa/recovery-codes/",
        _signed_in(recovery.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/generate/",
        _signed_in(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        _signed_in(recovery.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("2fa/webauthn/", _signed_in(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", _signed_in(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("2fa/webauthn/login/", _anyone(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path(
        "2fa/webauthn/reauthenticate/",
        _signed_in(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/remove/",
        _signed_in(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/edit/",
        _signed_in(webauthn.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
]
