"""The form by which an OpenPGP key is uploaded: as a file, or pasted."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile

from tocsin.service.delivery.openpgp.certificate import MOST_BYTES


class KeyForm(forms.Form):
    """A public key. What is wrong with the key itself is said by who reads it."""

    file = forms.FileField(label="File with your public key", required=False)
    text = forms.CharField(
        label="Or paste it",
        required=False,
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="It begins with -----BEGIN PGP PUBLIC KEY BLOCK-----",
    )
    other_address = forms.BooleanField(required=False)

    def clean(self) -> dict[str, object]:
        """`said`: the bytes of the one or the other."""
        found = super().clean() or {}
        file = found.get("file")
        # One byte more than allowed, so that too large a file is told so.
        said = file.read(MOST_BYTES + 1) if isinstance(file, UploadedFile) else b""
        said = said or str(found.get("text", "")).strip().encode()
        if not said and not self.errors:
            raise forms.ValidationError("There is no key in this: name a file, or paste the text.")
        return {**found, "said": said}
