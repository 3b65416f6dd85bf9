"""The forms of an organisation's own pages."""

from __future__ import annotations

from django import forms

from tocsin.service.portal.networks_typed import networks_typed
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.models import ContactRole, RecipientKind
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.texts import harmless, sentence


class AddressField(forms.CharField):
    """A mail address in its canonical form."""

    def clean(self, value: str | None) -> str:
        """See the class."""
        said = super().clean(value)
        try:
            return mail_address(said)
        except ValueError as error:
            raise forms.ValidationError(sentence(error)) from None


class NetworksForm(forms.Form):
    """Networks to add."""

    networks = forms.CharField(
        label="Networks to add",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=50_000,
        help_text="One a line: AS numbers (AS64496), prefixes (192.0.2.0/24), domains.",
    )

    def clean_networks(self) -> tuple[NetworkValue, ...]:
        """Each of them, or an error that says what is wrong with which."""
        return networks_typed(self.cleaned_data["networks"])


class LabelForm(forms.Form):
    """What the organisation calls a network."""

    label = forms.CharField(label="Label", max_length=100, required=False)

    def clean_label(self) -> str:
        """One line."""
        return harmless(self.cleaned_data["label"], 100)


class PersonForm(forms.Form):
    """A new contact."""

    full_name = forms.CharField(label="Full name", max_length=200)
    address = AddressField(label="Mail address", max_length=254)
    role = forms.ChoiceField(label="Role", choices=ContactRole.choices, initial=ContactRole.MEMBER)

    def clean_full_name(self) -> str:
        """A person's."""
        name = harmless(self.cleaned_data["full_name"], 200)
        if not name:
            raise forms.ValidationError("This field is required.")
        return name


class RoleForm(forms.Form):
    """Another role of a contact."""

    role = forms.ChoiceField(choices=ContactRole.choices)


class RecipientForm(forms.Form):
    """A new recipient of a list."""

    address = AddressField(label="Mail address", max_length=254)
    kind = forms.ChoiceField(
        label="It is",
        choices=RecipientKind.choices,
        initial=RecipientKind.PERSON,
        help_text="A person is asked to confirm, and can leave alone. For a role address (ticket "
        "queue, robot) you vouch, and you alone can remove it.",
    )


def errors_of(form: forms.Form) -> str:
    """All that is wrong with a form, for a message."""
    return "\n".join(str(error) for errors in form.errors.values() for error in errors)
