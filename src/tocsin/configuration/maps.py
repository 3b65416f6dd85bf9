"""The settings of the maps that `tocsin atlas update` fetches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ByteSize, ConfigDict, Field, field_validator

from tocsin.engine.atlas.maps import PUBLIC_MAPS, PublicMap, Use, file_name
from tocsin.engine.atlas.sound import LEAST_NAMES


def _web_address(text: str) -> str:
    """Empty, or an address of a file."""
    if text:
        parts = _parts(text)
        if parts.scheme not in ("https", "http") or not parts.hostname or not text.isprintable():
            raise ValueError("is no address that begins with https:// or http://")
        if "@" in parts.netloc:
            raise ValueError(
                "holds a name or password before the host, which is not sent; fetch such a map by "
                "other means, and give it with --offline or as a file of your own"
            )
        file_name(text)
    return text


def _parts(text: str) -> SplitResult:
    """The address taken apart; ValueError that does not repeat it."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        raise ValueError("is no address: host or port cannot be read") from None
    return parts


def _map_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", text):
        raise ValueError("is no name of a map: small letters, digits, - and _")
    return text


class MapSource(BaseModel):
    """A table `[maps.sources.NAME]`: a map that `tocsin atlas update` fetches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: Literal["routes", "geo", "names"]
    url: Annotated[str, AfterValidator(_web_address)] = ""
    checksum: Annotated[str, AfterValidator(_web_address)] = ""
    licence: str = ""


class Maps(BaseModel):
    """The table `[maps]`: what `tocsin atlas update` fetches, and with how much patience."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    silence: Annotated[float, Field(gt=0, le=3600)] = 60.0
    longest: Annotated[float, Field(gt=0, le=86_400)] = 1800.0
    most_bytes: Annotated[ByteSize, Field(ge=1 << 10)] = ByteSize(2 << 30)
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    least_names: Annotated[int, Field(ge=0)] = LEAST_NAMES
    sources: dict[Annotated[str, AfterValidator(_map_name)], MapSource] = Field(
        default_factory=dict
    )

    @field_validator("sources", mode="before")
    @classmethod
    def _over_the_public_ones(cls, said: object) -> object:
        """What the operator says of a map goes over what it is by default."""
        if not isinstance(said, Mapping):
            return said
        default = {each.name: _said(each) for each in PUBLIC_MAPS}
        return {
            **default,
            **{
                name: {**default.get(name, {}), **each} if isinstance(each, Mapping) else each
                for name, each in said.items()
            },
        }

    def wanted(self) -> tuple[PublicMap, ...]:
        """The maps that have an address, in the order in which they are laid over each other."""
        return tuple(
            PublicMap(name, Use(each.use), each.url, each.checksum, each.licence)
            for name, each in self.sources.items()
            if each.url
        )


def _said(public: PublicMap) -> dict[str, str]:
    return {
        "use": public.use.value,
        "url": public.url,
        "checksum": public.checksum,
        "licence": public.licence,
    }
