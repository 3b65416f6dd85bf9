"""Django's settings, made of the home and its configuration. Nothing else sets anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tocsin.configuration.load import Configuration
from tocsin.configuration.service import DatabasePlace, MailPlace
from tocsin.engine.home import Home
from tocsin.service.secret import Secret

_SERVICE = Path(__file__).parent
_FRONT_END = _SERVICE.parents[2] / "node_modules" / "htmx.org" / "dist"

OWN_APPS = (
    "tocsin.service.accounts",
    "tocsin.service.audit",
    "tocsin.service.work",
    "tocsin.service.letters",
    "tocsin.service.subscribers",
    "tocsin.service.mailbox",
    "tocsin.service.api",
    "tocsin.service.delivery",
    "tocsin.service.findings",
    "tocsin.service.webhooks",
    "tocsin.service.portal",
)


def settings_for(home: Home, configuration: Configuration, secret: Secret) -> dict[str, Any]:
    """All of Django's settings. `Any`, since each has a type of its own."""
    public = urlsplit(configuration.service.address)
    safe = public.scheme == "https"
    return {
        "TOCSIN_HOME": home,
        "TOCSIN_CONFIGURATION": configuration,
        "TOCSIN_SECRET": secret,
        "SECRET_KEY": secret.key("django").hex(),
        "DEBUG": False,
        "ALLOWED_HOSTS": [public.hostname, "localhost", "127.0.0.1", "testserver"],
        "INSTALLED_APPS": [
            *OWN_APPS,
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "django.contrib.humanize",
            "allauth",
            "allauth.account",
            "allauth.mfa",
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "tocsin.service.portal.headers.HeadersMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "tocsin.service.portal.slashes.SlashesMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "allauth.account.middleware.AccountMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "tocsin.service.accounts.sessions.SessionsMiddleware",
            "tocsin.service.accounts.second_factor.SecondFactorMiddleware",
            "tocsin.service.permissions.DeclaredMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [_SERVICE / "portal" / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                        "tocsin.service.portal.context.page",
                    ]
                },
            }
        ],
        "ROOT_URLCONF": "tocsin.service.urls",
        "WSGI_APPLICATION": "tocsin.service.wsgi.application",
        "DATABASES": {"default": _database(home, configuration.database)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
                "LOCATION": str(home.service / "cache"),
            }
        },
        "AUTH_USER_MODEL": "accounts.User",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "LOGIN_URL": "account_request_login_code",
        "LOGIN_REDIRECT_URL": "home",
        **_accounts(configuration.service.name, configuration.service.proxies, safe=safe),
        **_mail(configuration.mail),
        "LANGUAGE_CODE": "en",
        "TIME_ZONE": "UTC",
        "USE_TZ": True,
        "USE_I18N": True,
        "STATIC_URL": "/static/",
        "STATIC_ROOT": str(home.service / "static"),
        "STATICFILES_DIRS": [("htmx", str(_FRONT_END))] if _FRONT_END.is_dir() else [],
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": False,
        "SESSION_COOKIE_SECURE": safe,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 12 * 3600,
        "CSRF_COOKIE_SECURE": safe,
        "CSRF_TRUSTED_ORIGINS": [configuration.service.address],
        "SECURE_SSL_REDIRECT": False,
        "SECURE_HSTS_SECONDS": 365 * 86_400 if safe else 0,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if safe else None,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 2 << 20,
        "FILE_UPLOAD_HANDLERS": ["tocsin.service.portal.bounded_upload.BoundedUpload"],
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 2000,
        "LOGGING_CONFIG": None,
    }


def _database(home: Home, place: DatabasePlace) -> dict[str, object]:
    if place.kind == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(home.service / f"{place.name}.sqlite3"),
            # Opening and closing it at each request took as long as three queries.
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                # Writers wait for each other from their first statement on, instead of failing
                # when two that have read want to write.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                " PRAGMA foreign_keys=ON;",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": place.name,
        "HOST": place.host,
        "PORT": str(place.port),
        "USER": place.user,
        "PASSWORD": place.password.get_secret_value(),
        "CONN_MAX_AGE": 60,
        # Of `statements` alone: Django's own cursors prepare nothing.
        "OPTIONS": {"prepare_threshold": 5 if place.prepared else None},
    }


def _accounts(name: str, proxies: int, *, safe: bool) -> dict[str, object]:
    """Sign-in by a code that is mailed; nobody makes an account for themselves."""
    return {
        "ACCOUNT_ADAPTER": "tocsin.service.accounts.adapter.Adapter",
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_LOGIN_BY_CODE_ENABLED": True,
        "ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS": 3,
        "ACCOUNT_LOGIN_BY_CODE_TIMEOUT": 900,
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_LOGOUT_ON_GET": False,
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": f"[{name}] ",
        "ACCOUNT_FORMS": {"request_login_code": "tocsin.service.accounts.forms.SignInForm"},
        "ACCOUNT_EMAIL_NOTIFICATIONS": True,
        "ACCOUNT_REAUTHENTICATION_METHODS": ("code", "mfa"),
        "ACCOUNT_RATE_LIMITS": {
            "login": "30/m/ip",
            "login_failed": "10/m/ip,5/300s/key",
            "request_login_code": "20/m/ip,3/m/key",
            "reauthenticate": "10/m/user",
        },
        "ALLAUTH_TRUSTED_PROXY_COUNT": proxies,
        "MFA_ADAPTER": "tocsin.service.accounts.mfa_adapter.MfaAdapter",
        # A passkey alone signs somebody in, so the device has to have seen a finger or a PIN.
        "MFA_WEBAUTHN_USER_VERIFICATION": "required",
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not safe,
        "MFA_TOTP_ISSUER": name,
    }


def _mail(place: MailPlace) -> dict[str, object]:
    """Without a server, letters go to files in the home: nothing is lost, and nothing goes out."""
    sender = f"{place.sender}@{place.domain}"
    common = {
        "DEFAULT_FROM_EMAIL": sender,
        "SERVER_EMAIL": sender,
        "EMAIL_TIMEOUT": 60,
        # The zone of this process is UTC: without this, a Date ends in -0000, which says that
        # nobody knows where it was written (RFC 5322, 3.3).
        "EMAIL_USE_LOCALTIME": True,
    }
    if not place.host:
        return {
            **common,
            "EMAIL_BACKEND": "tocsin.service.letters.folder_backend.FolderBackend",
        }
    return {
        **common,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": place.host,
        "EMAIL_PORT": place.port,
        "EMAIL_HOST_USER": place.user,
        "EMAIL_HOST_PASSWORD": place.password.get_secret_value(),
        "EMAIL_USE_TLS": place.encryption == "starttls",
        "EMAIL_USE_SSL": place.encryption == "tls",
    }
