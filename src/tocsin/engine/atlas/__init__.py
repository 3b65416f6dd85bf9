"""The atlas: whose an address is and where it lies, compiled from a day's routes and geography."""

from tocsin.engine.atlas.build import BuiltAtlas, build_atlas
from tocsin.engine.atlas.info import AtlasInfo, atlas_for
from tocsin.engine.atlas.lookup import Atlas, Cover, Interval, Located
from tocsin.engine.atlas.store import list_atlases, load_atlas, save_atlas, verify_atlas

__all__ = [
    "Atlas",
    "AtlasInfo",
    "BuiltAtlas",
    "Cover",
    "Interval",
    "Located",
    "atlas_for",
    "build_atlas",
    "list_atlases",
    "load_atlas",
    "save_atlas",
    "verify_atlas",
]
