"""The form for a new key of the API."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from django import forms

from tocsin.model.address import parse_network
from tocsin.service.api.keys import WantedKey
from tocsin.service.subscribers.models import MailingList
from tocsin.service.texts import harmless, sentence

_MOST_SOURCES = 50
_LAST_YEAR = 2200


class KeyForm(forms.Form):
    """A name, a scope, and what narrows it."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="For what it is, such as the program that uses it."
    )
    which = forms.ChoiceField(
        label="It reads",
        choices=(("all", "all lists, those to come as well"), ("chosen", "these lists:")),
        initial="all",
        widget=forms.RadioSelect,
    )
    lists = forms.MultipleChoiceField(
        label="Lists", required=False, widget=forms.CheckboxSelectMultiple
    )
    expires = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day (UTC) on which it opens anything.",
    )
    findings = forms.BooleanField(
        label="It may say of findings that they were seen, are fixed, have a ticket", required=False
    )
    sources = forms.CharField(
        label="From",
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Prefixes that calls have to come from, one a line. Empty: from anywhere.",
    )

    def __init__(self, lists: Sequence[MailingList], said: Mapping[str, str] | None) -> None:
        super().__init__(said)
        choices = [(str(each.pk), str(each)) for each in lists]
        self.fields["lists"].choices = choices  # type: ignore[attr-defined] # of a field of choices

    def clean_name(self) -> str:
        """One line."""
        name = harmless(self.cleaned_data["name"], 80)
        if not name:
            raise forms.ValidationError("This field is required.")
        return name

    def clean_expires(self) -> dt.date | None:
        """A day that has a day after it."""
        last: dt.date | None = self.cleaned_data["expires"]
        if last is not None and last.year > _LAST_YEAR:
            raise forms.ValidationError("That is too far off: leave it empty for no end.")
        return last

    def clean_sources(self) -> tuple[str, ...]:
        """Each in its canonical form, or an error that names those that are no prefixes."""
        said = [each for each in re.split(r"[\s,;]+", self.cleaned_data["sources"]) if each]
        if len(said) > _MOST_SOURCES:
            raise forms.ValidationError(f"More than {_MOST_SOURCES} prefixes.")
        found, wrong = {}, []
        for each in said:
            try:
                found[str(parse_network(each))] = True
            except ValueError as error:
                wrong.append(sentence(error))
        if wrong:
            raise forms.ValidationError(wrong)
        return tuple(found)

    def clean(self) -> dict[str, object]:
        """Chosen lists are named."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("which") == "chosen" and not cleaned.get("lists"):
            self.add_error("lists", "Choose at least one.")
        return cleaned

    def wanted(self) -> WantedKey:
        """What a form without errors asks for."""
        said = self.cleaned_data
        last = said["expires"]
        return WantedKey(
            name=said["name"],
            lists=frozenset(map(int, said["lists"])) if said["which"] == "chosen" else None,
            expires_at=_end_of(last) if last else None,
            sources=said["sources"],
            findings=said["findings"],
        )


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=1)
