"""The form of a mailing list: every preference, each explained in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from tocsin.catalogue.entries import Catalogue
from tocsin.model.severity import Severity
from tocsin.service.languages import LANGUAGES
from tocsin.service.subscribers.lists.rules import OnFile, WantedList, problems_of
from tocsin.service.subscribers.models import Delivery, ListMode
from tocsin.service.subscribers.models.mailing_list import ExtraColumn, ProofOfLife, ReportFormat

ALL, CHOSEN = "all", "chosen"


@dataclass(frozen=True, slots=True)
class TypeChoice:
    """A report type with its box."""

    id: str
    title: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class AreaChoice:
    """The report types of an area; `ticked`: how many are left out."""

    title: str
    types: tuple[TypeChoice, ...]
    ticked: int


class ListForm(forms.Form):
    """What a list may prefer. The rules are those of `list_rules.py`."""

    name = forms.CharField(
        label="Name",
        max_length=64,
        help_text="It is part of the names of the reports; the list stays the same when renamed.",
    )
    which = forms.ChoiceField(
        label="Networks",
        choices=[
            (ALL, "all networks of this kind, those that are added later as well"),
            (CHOSEN, "only those that are ticked below"),
        ],
        widget=forms.RadioSelect,
        help_text="The list gets what is seen in these networks.",
    )
    networks = forms.MultipleChoiceField(
        label="Chosen networks", required=False, widget=forms.CheckboxSelectMultiple
    )
    least_severity = forms.ChoiceField(
        label="Least severity",
        choices=[(each.word, each.word) for each in sorted(Severity)],
        help_text="Rows that are milder than this are left out of the reports.",
    )
    format = forms.ChoiceField(
        label="Format",
        choices=ReportFormat.choices,
        help_text="How a report is written; with “only the link” the mail says where it lies.",
    )
    compressed = forms.BooleanField(
        label="Compressed", required=False, help_text="Reports are attached as zip files."
    )
    delivery = forms.ChoiceField(
        label="Mails",
        choices=Delivery.choices,
        help_text="Every report in a mail of its own, or all of a day together in one.",
    )
    delta = forms.BooleanField(
        label="Only changes",
        required=False,
        help_text="Sunday's reports are whole; those of other days hold what Sunday's did not say.",
    )
    proof_of_life = forms.ChoiceField(
        label="Proof of life",
        required=False,
        choices=ProofOfLife.choices,
        help_text="A mail that we have looked every night, if there was nothing to report.",
    )
    extra_columns = forms.MultipleChoiceField(
        label="More columns",
        required=False,
        choices=ExtraColumn.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="They stand behind all others in each report, however it is fetched.",
    )
    language = forms.ChoiceField(
        label="Language",
        choices=list(LANGUAGES.items()),
        help_text="The language of the mails; reports and their descriptions are English.",
    )
    mode = forms.ChoiceField(
        label="Sending",
        choices=ListMode.choices,
        widget=forms.RadioSelect,
        help_text="A list can be tried out first: what would be sent is shown, or goes to one of "
        "you; live means that every recipient gets it.",
    )
    redirect_to = forms.ChoiceField(
        label="Tester",
        required=False,
        help_text="Who gets everything of a redirected list.",
    )
    except_types = forms.MultipleChoiceField(label="Leave out", required=False)

    def __init__(self, on_file: OnFile, catalogue: Catalogue, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_file, self._catalogue = on_file, catalogue
        testers = [(each, each) for each in sorted(on_file.testers)]
        networks = [(str(key), name) for key, name in on_file.networks.items()]
        types = [(each, each) for each in sorted(on_file.types)]
        for name, choices in (
            ("redirect_to", [("", "nobody"), *testers]),
            ("networks", networks),
            ("except_types", types),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
            field.choices = choices

    def clean_name(self) -> str:
        """Small letters."""
        return str(self.cleaned_data["name"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """The rules, each at its field."""
        if not self.errors:
            for name, text in problems_of(self.wanted(), self._on_file).items():
                self.add_error(name, text)
        return self.cleaned_data

    def wanted(self) -> WantedList:
        """What was filled in."""
        said = self.cleaned_data
        chosen = frozenset(int(each) for each in said["networks"])
        return WantedList(
            name=said["name"],
            networks=None if said["which"] == ALL else chosen,
            except_types=frozenset(said["except_types"]),
            least_severity=said["least_severity"],
            format=said["format"],
            compressed=said["compressed"],
            delivery=said["delivery"],
            delta=said["delta"],
            language=said["language"],
            mode=said["mode"],
            redirect_to=said["redirect_to"],
            proof_of_life=said["proof_of_life"] or ProofOfLife.NEVER.value,
            extra_columns=frozenset(said["extra_columns"]),
        )

    def areas(self) -> Iterator[AreaChoice]:
        """The report types by area, with their boxes."""
        ticked = set(map(str, self["except_types"].value() or ()))
        for area in self._catalogue.areas.values():
            types = tuple(
                TypeChoice(each.id, each.title, not ticked.isdisjoint((each.id, *each.aliases)))
                for each in self._catalogue.report_types.values()
                if each.area == area.id
            )
            if types:
                yield AreaChoice(area.title, types, sum(each.is_ticked for each in types))


def initial_of(wanted: WantedList) -> dict[str, Any]:
    """What a form shows of a list."""
    return {
        **{name: getattr(wanted, name) for name in WantedList.__slots__},
        "which": ALL if wanted.networks is None else CHOSEN,
        "networks": [str(each) for each in sorted(wanted.networks or ())],
        "except_types": sorted(wanted.except_types),
        "extra_columns": sorted(wanted.extra_columns),
    }
