"""The form by which an admin names another recipient of a list."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from tocsin.service.subscribers.lists import NewRecipient
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.models import MailingList, RecipientKind


class RecipientForm(forms.Form):
    """An address, the list, and whether it is a person's."""

    list = forms.ChoiceField(label="List", help_text="Whose reports it gets.")
    address = forms.CharField(label="Mail address", max_length=254)
    kind = forms.ChoiceField(
        label="Whose address is it?",
        choices=RecipientKind.choices,
        widget=forms.RadioSelect,
        help_text="A person is asked to agree, and can leave alone. For the address of a role or "
        "a machine (a ticket queue, a robot) you vouch.",
    )

    def __init__(self, lists: Sequence[MailingList], data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type] # a request's data, or none
        self._lists = {str(each.pk): each for each in lists}
        field = self.fields["list"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [(key, str(each)) for key, each in self._lists.items()]

    def clean_address(self) -> str:
        """A mail address."""
        try:
            return mail_address(self.cleaned_data["address"])
        except ValueError as error:
            raise forms.ValidationError(f"{error}.") from None

    def recipient(self) -> NewRecipient:
        """What was filled in; of a valid form."""
        said = self.cleaned_data
        return NewRecipient(self._lists[said["list"]], said["address"], RecipientKind(said["kind"]))
