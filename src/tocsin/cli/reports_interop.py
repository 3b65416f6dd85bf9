"""What `tocsin reports export --format` needs beside the reports: vocabulary, reporter, lake."""

from __future__ import annotations

from tocsin.catalogue.interop_load import load_vocabularies
from tocsin.catalogue.load import load_catalogue
from tocsin.cli.lake import lake_store
from tocsin.configuration.load import load_configuration
from tocsin.engine.home import Home
from tocsin.engine.interop.export import Exporter
from tocsin.engine.interop.report_rows import ReportRows
from tocsin.model.errors import ConfigurationError


def exporter_for(home: Home, name: str) -> Exporter:
    """What says the home's reports in the vocabulary of that name.

    ConfigurationError where the vocabulary asks who reports, and the settings do not say it.
    """
    configuration = load_configuration(home.configuration)
    catalogue = load_catalogue(home.catalogue)
    vocabulary = load_vocabularies(catalogue, home.catalogue)[name]
    reporter = configuration.reporter_named()
    if vocabulary.needs_reporter and not reporter.is_complete:
        raise ConfigurationError(
            f"{vocabulary.title} name who reports, and the settings do not",
            where=str(home.configuration),
            todo="set organisation, contact and domain in the table [reporter]",
        )
    return Exporter(catalogue, vocabulary, reporter, ReportRows(lake_store(home, configuration)))
