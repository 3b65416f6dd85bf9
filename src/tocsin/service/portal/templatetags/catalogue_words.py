"""Texts of the catalogue on pages."""

from __future__ import annotations

from django import template

from tocsin.service.delivery.compose.filters import marked

register = template.Library()
register.filter("marked", marked)
