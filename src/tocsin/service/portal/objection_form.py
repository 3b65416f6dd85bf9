"""The form by which a reader of a report objects to rows of it."""

from __future__ import annotations

import datetime as dt

from django import forms

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service.subscribers.cases.objection_rules import CLOCKS_DIFFER, subject_of
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.cases.reported_rows import subject_text
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.texts import harmless

_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M")


class ObjectionForm(forms.Form):
    """False positive or fixed, of which address, from when on, and why."""

    kind = forms.ChoiceField(
        label="What is it?",
        choices=[
            (SuppressionKind.FIXED.value, "fixed: the machine has been repaired or shut off"),
            (SuppressionKind.FALSE_POSITIVE.value, "false positive: what was reported is wrong"),
        ],
        widget=forms.RadioSelect,
    )
    address = forms.CharField(
        label="IP address", max_length=60, help_text="As the report has it, such as 192.0.2.1."
    )
    port = forms.IntegerField(
        label="Port",
        required=False,
        min_value=0,
        max_value=65_535,
        help_text="Of this machine, if it is about one service only; nothing means all.",
    )
    at = forms.DateTimeField(
        label="Fixed at",
        required=False,
        input_formats=_FORMS,
        help_text="UTC, such as 2026-11-23 08:30; nothing means now. What is seen later is "
        "reported again.",
    )
    reason = forms.CharField(
        label="Reason",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What was done, or why the rows are wrong.",
    )
    claimant = forms.CharField(
        label="Your mail address",
        max_length=254,
        help_text="The one to which the reports come; we write to it, and you confirm there.",
    )

    def __init__(
        self, now: dt.datetime, data: object = None, *, asks_address: bool, report: str = ""
    ) -> None:
        super().__init__(data)  # type: ignore[arg-type] # a request's data, or none
        self._now, self._report = now, report
        if not asks_address:
            del self.fields["claimant"]

    def clean_address(self) -> str:
        """An address, or the very prefix that was reported."""
        text = harmless(self.cleaned_data["address"], 60)
        found = subject_of(text)
        if found is None:
            raise forms.ValidationError("This is no IP address; write 192.0.2.1, say.")
        return subject_text(found)

    def clean_at(self) -> dt.datetime | None:
        """A time that has been."""
        moment: dt.datetime | None = self.cleaned_data["at"]
        if moment is not None and moment > self._now + CLOCKS_DIFFER:
            raise forms.ValidationError(
                "This time lies in the future; say when it was fixed, or leave it out."
            )
        return moment

    def clean_reason(self) -> str:
        """Any text."""
        text = harmless(self.cleaned_data["reason"], 2000, lines=True)
        if not text:
            raise forms.ValidationError("This field is required.")
        return text

    def clean_claimant(self) -> str:
        """A mail address."""
        try:
            return mail_address(self.cleaned_data["claimant"])
        except ValueError as error:
            raise forms.ValidationError(f"{error}.") from None

    def objection(self) -> Objection:
        """What was said; of a valid form."""
        said = self.cleaned_data
        kind = SuppressionKind(said["kind"])
        return Objection(
            kind=kind,
            subjects=(said["address"],),
            port=said["port"],
            report=self._report,
            at=said["at"] if kind is SuppressionKind.FIXED else None,
            note=said["reason"],
        )
