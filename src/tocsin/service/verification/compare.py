"""What has changed between two answers of a registry about the same network."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.names import Likeness, is_withheld, likeness
from tocsin.service.verification.same_holder import same_holder


@dataclass(frozen=True, slots=True)
class Difference:
    """holder: why the network is another's now, as a sentence, empty if it is not. notes: what
    else has changed, for staff."""

    holder: str = ""
    notes: tuple[str, ...] = ()

    @property
    def holder_changed(self) -> bool:
        """Whether it is another's."""
        return bool(self.holder)

    @property
    def is_any(self) -> bool:
        """Whether anything has changed."""
        return bool(self.holder or self.notes)


def compare(before: RegistryFacts, after: RegistryFacts) -> Difference:
    """Compare. What was not known before cannot have changed.

    A holder under the same id that calls itself otherwise is the same, and so is one of the same
    name under another id: registries give new ids to old members.
    """
    if before.handle and not after.handle:
        return Difference("The registry has no entry of it any more.")
    return Difference(_holder(before, after), _notes(before, after))


def _holder(before: RegistryFacts, after: RegistryFacts) -> str:
    old, new = before.holder, after.holder
    if not old or not new or is_withheld(old) or is_withheld(new) or same_holder(before, after):
        return ""
    if (
        before.registry == after.registry
        and before.holder_id
        and (before.holder_id == after.holder_id)
    ):
        return ""
    if likeness(old, new) is Likeness.SAME:
        return ""
    return f"The registry named “{old}” as the holder, and names “{new}” now."


def _notes(before: RegistryFacts, after: RegistryFacts) -> tuple[str, ...]:
    pairs = (
        ("registry", before.registry, after.registry),
        ("object", before.handle, after.handle),
        ("range", before.range, after.range),
        ("name of the holder", before.holder, after.holder),
        ("id of the holder", before.holder_id, after.holder_id),
        ("contacts", _contacts(before), _contacts(after)),
        ("origins", _origins(before), _origins(after)),
    )
    of_files = (
        ("holder in the registry's file", before.file_id, after.file_id),
        ("named in the registry's bulk file", ", ".join(before.named), ", ".join(after.named)),
    )
    # There was no file at hand, perhaps, when nothing was known from it.
    said = (*pairs, *(each for each in of_files if each[1]))
    return tuple(
        f"{what}: {old or 'none'} -> {new or 'none'}" for what, old, new in said if old != new
    )


def _contacts(facts: RegistryFacts) -> str:
    return ", ".join(sorted({f"{each.address} ({each.role})" for each in facts.contacts}))


def _origins(facts: RegistryFacts) -> str:
    return ", ".join(f"AS{each}" for each in facts.origins)
