"""The texts of mails to lists and contacts: files, one for each kind, language and form."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.template import Engine, Template

from tocsin.service.languages import DEFAULT

TEXTS = Path(__file__).parent / "texts"


@cache
def template(kind: str, language: str, form: str) -> Template:
    """The text in that language, or in English where there is none. form: `txt` or `html`."""
    names = [f"{kind}.{each}.{form}" for each in (language, DEFAULT)]
    return _engine(form).select_template(names)


@cache
def _engine(form: str) -> Engine:
    return Engine(
        dirs=[str(TEXTS)],
        autoescape=form == "html",
        builtins=["tocsin.service.delivery.compose.filters"],
    )
