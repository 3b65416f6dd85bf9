"""Where the lake of a home is: in it, or in the object store that the configuration names."""

from __future__ import annotations

from tocsin.configuration.load import Configuration
from tocsin.engine.home import Home
from tocsin.engine.lake.s3 import S3Place, s3_store
from tocsin.engine.lake.store import LocalStore, Store


def lake_store(home: Home, configuration: Configuration) -> Store:
    """The store that all commands of this home, and its service, use."""
    said = configuration.lake
    if not said.bucket:
        return LocalStore(home.lake)
    place = S3Place(
        bucket=said.bucket,
        folder=said.folder,
        endpoint=said.endpoint,
        region=said.region,
        scheme=said.scheme,
        access_key=said.access_key,
        secret_key=said.secret_key.get_secret_value(),
    )
    return s3_store(place, home.cache)
