"""Where the lake of a home is: in it, or in the object store that the configuration names."""

from __future__ import annotations

from tocsin.configuration.lake_store import lake_store

__all__ = ["lake_store"]
