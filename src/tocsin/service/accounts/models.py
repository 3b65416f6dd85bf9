"""Who may sign in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models


class StaffRole(models.TextChoices):
    """What somebody of the service's own people may do; empty for everybody else."""

    NONE = "", "no staff"
    REVIEWER = "reviewer", "reviewer"
    ADMIN = "admin", "staff admin"
    AUDITOR = "auditor", "auditor"


class UserManager(BaseUserManager["User"]):
    """Makes accounts, which are known by their mail address."""

    def create_user(self, email: str, **fields: Any) -> User:
        """An account without a password: one signs in by a code that is mailed, or a passkey."""
        user = self._unsaved(email, **fields)
        user.save(using=self._db)
        return user

    def create_users(self, emails: Iterable[str]) -> list[User]:
        """As `create_user`, for many that differ."""
        return self.bulk_create([self._unsaved(each) for each in emails])

    def _unsaved(self, email: str, **fields: Any) -> User:
        user = self.model(email=canonical_address(email), **fields)
        user.set_unusable_password()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """By mail address."""
        return self.get(email=canonical_address(username or ""))


class User(AbstractUser):
    """An account. What it may do for organisations hangs on the contacts that it is."""

    username = None  # type: ignore[assignment] # known by the mail address alone
    email = models.EmailField(unique=True)
    staff_role = models.CharField(
        max_length=10, choices=StaffRole.choices, default=StaffRole.NONE, blank=True
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc] # its own, as Django lets one do

    @property
    def is_of_staff(self) -> bool:
        """Whether the account belongs to the service's own people."""
        return self.staff_role != StaffRole.NONE


def canonical_address(address: str) -> str:
    """A mail address as it is stored and compared: small letters."""
    return address.strip().lower()
