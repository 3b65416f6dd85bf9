"""The form by which an owner asks for reports."""

from __future__ import annotations

import re

import phonenumbers
from django import forms

from tocsin.service.mailbox.words import words
from tocsin.service.portal.networks_typed import networks_typed
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.texts import harmless, sentence

_MOST_RECIPIENTS = 50


class AskForm(forms.Form):
    """Every field is asked for; errors say what would do."""

    full_name = forms.CharField(label="Your full name", max_length=200)
    organisation = forms.CharField(label="Organisation", max_length=200)
    address = forms.CharField(
        label="Your mail address",
        max_length=254,
        help_text="At your organisation. We write to it, and you confirm that you asked.",
    )
    phone = forms.CharField(
        label="Phone", max_length=40, help_text="With the country prefix, such as +1 202 555 0100."
    )
    networks = forms.CharField(
        label="Networks",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=50_000,
        help_text="One a line: AS numbers (AS64496), prefixes (192.0.2.0/24), domains "
        "(example.org); for a national CERT the country (XX).",
    )
    recipients = forms.CharField(
        label="Recipients",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=20_000,
        help_text="Mail addresses that are to get the reports, one a line.",
    )
    contacts = forms.CharField(
        label="Who can confirm this",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=5_000,
        required=False,
        help_text="Mail addresses of others at your organisation, if there are any.",
    )
    note = forms.CharField(
        label="Anything else",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=5_000,
        required=False,
    )

    def clean_full_name(self) -> str:
        """A person's."""
        return _text(self.cleaned_data["full_name"])

    def clean_organisation(self) -> str:
        """As people know it."""
        return _text(self.cleaned_data["organisation"])

    def clean_address(self) -> str:
        """A mail address, and not one that anybody can have."""
        address = _address(self.cleaned_data["address"])
        if words().is_free_mail(address):
            raise forms.ValidationError(
                "Anybody can have such an address. Please give one of your organisation."
            )
        return address

    def clean_phone(self) -> str:
        """A number that can be dialled from anywhere, in E.164."""
        try:
            number = phonenumbers.parse(self.cleaned_data["phone"], None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise forms.ValidationError(
                "This is no phone number with a country prefix, such as +1 202 555 0100."
            )
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def clean_networks(self) -> tuple[NetworkValue, ...]:
        """Each of them, or an error that says what is wrong with which."""
        return networks_typed(self.cleaned_data["networks"])

    def clean_recipients(self) -> tuple[str, ...]:
        """Mail addresses."""
        return _addresses(self.cleaned_data["recipients"])

    def clean_contacts(self) -> tuple[str, ...]:
        """Mail addresses."""
        return _addresses(self.cleaned_data["contacts"])

    def clean_note(self) -> str:
        """Any text."""
        return harmless(self.cleaned_data["note"], 5_000, lines=True)

    def wanted(self) -> Wanted:
        """What was asked for; of a valid form."""
        said = self.cleaned_data
        return Wanted(
            full_name=said["full_name"],
            organisation=said["organisation"],
            networks=said["networks"],
            recipients=said["recipients"],
            phone=said["phone"],
            contacts=said["contacts"],
            note=said["note"],
        )


def _text(said: str) -> str:
    text = harmless(said, 200)
    if not text:
        raise forms.ValidationError("This field is required.")
    return text


def _parts(said: str) -> list[str]:
    return [each for each in re.split(r"[\s,;]+", said) if each]


def _address(said: str) -> str:
    try:
        return mail_address(said)
    except ValueError as error:
        raise forms.ValidationError(sentence(error)) from None


def _addresses(said: str) -> tuple[str, ...]:
    addresses, wrong = {}, []
    for each in _parts(said):
        try:
            addresses[mail_address(each)] = True
        except ValueError as error:
            wrong.append(sentence(error))
    if len(addresses) > _MOST_RECIPIENTS:
        wrong.append(f"More than {_MOST_RECIPIENTS} addresses.")
    if wrong:
        raise forms.ValidationError(wrong)
    return tuple(addresses)
