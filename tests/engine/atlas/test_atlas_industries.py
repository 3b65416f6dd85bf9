"""Industries of ASes, laid over places that do not tell one themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.atlas.atlas_worlds import (
    DAY,
    Route,
    Spot,
    around,
    naive_origins,
    naive_spot,
    opened,
)

from tocsin.engine.atlas import Atlas, build_atlas
from tocsin.model.address import parse_address
from tocsin.model.errors import AtlasError

Industries = dict[int, tuple[int, str]]


def _atlas(
    directory: Path, routes: list[Route], spots: list[Spot], industries: Industries
) -> Atlas:
    (directory / "r.csv").write_text(
        "prefix,asn,peers\n" + "".join(f"{r.prefix},{r.asn},{r.peers}\n" for r in routes)
    )
    (directory / "g.csv").write_text(
        "prefix,country,naics,sector\n"
        + "".join(f"{s.prefix},{s.country},{s.naics or ''},{s.sector}\n" for s in spots)
    )
    (directory / "i.csv").write_text(
        "asn,naics,sector\n" + "".join(f"AS{a},{n or ''},{s}\n" for a, (n, s) in industries.items())
    )
    geo = [directory / "i.csv", *([directory / "g.csv"] if spots else [])]
    return opened(directory, build_atlas([directory / "r.csv"], geo, at=DAY))


def test_an_as_gives_its_industry_to_addresses_that_have_none(tmp_path: Path) -> None:
    atlas = _atlas(
        tmp_path,
        [Route("192.0.2.0/24", 64496), Route("198.51.100.0/24", 64497)],
        [Spot("192.0.2.0/25", "XA", naics=221122, sector="Energy"), Spot("192.0.2.128/26", "XA")],
        {64496: (517311, "Communications")},
    )
    said = {
        text: (found.country, found.naics, found.sector, str(found.geo_prefix))
        for text in ("192.0.2.1", "192.0.2.129", "192.0.2.200", "198.51.100.1")
        for found in [atlas.interval(parse_address(text))]
    }
    assert said == {
        "192.0.2.1": ("XA", 221122, "Energy", "192.0.2.0/25"),
        "192.0.2.129": ("XA", 517311, "Communications", "192.0.2.128/26"),
        "192.0.2.200": (None, 517311, "Communications", "None"),
        "198.51.100.1": (None, None, None, "None"),
    }


def test_columns_of_a_list_of_industries_that_are_not_used_are_named(tmp_path: Path) -> None:
    path, routes = tmp_path / "i.csv", tmp_path / "r.dat"
    path.write_text("asn,country,sector\n64496,XA,Energy\n")
    routes.write_text("192.0.2.0/24\t64496\n")
    built = build_atlas([routes], [path], at=DAY)
    assert built.notes == ("i.csv: not used as geography: country",)


def test_bad_rows_of_a_list_of_industries_are_told(tmp_path: Path) -> None:
    path, routes = tmp_path / "i.csv", tmp_path / "r.dat"
    path.write_text("asn,naics\n64496,517311\nsixty,1\n64496,12345678\n")
    routes.write_text("192.0.2.0/24\t64496\n")
    with pytest.raises(AtlasError) as caught:
        build_atlas([routes], [path], at=DAY)
    assert [problem.line for problem in caught.value.problems] == [3, 4]


_ROUTES = st.lists(
    st.builds(
        lambda n, bits, asn, peers: Route(f"192.0.2.{n << (32 - bits) & 255}/{bits}", asn, peers),
        st.integers(0, 63),
        st.integers(24, 30),
        st.integers(64496, 64499),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=6,
)
_SPOTS = st.lists(
    st.builds(
        lambda n, bits, country, naics: Spot(
            f"192.0.2.{n << (32 - bits) & 255}/{bits}", country, naics=naics
        ),
        st.integers(0, 63),
        st.integers(24, 30),
        st.sampled_from(["XA", "XB", ""]),
        st.sampled_from([0, 11, 22]),
    ),
    max_size=6,
)
_INDUSTRIES = st.dictionaries(
    st.integers(64496, 64500), st.tuples(st.sampled_from([33, 44, 0]), st.sampled_from(["S", ""]))
).filter(lambda said: any(any(industry) for industry in said.values()))


@given(_ROUTES, _SPOTS, _INDUSTRIES)
@settings(max_examples=cases(50), deadline=None)
def test_industries_are_what_a_naive_reader_finds(
    tmp_path_factory: pytest.TempPathFactory,
    routes: list[Route],
    spots: list[Spot],
    industries: Industries,
) -> None:
    atlas = _atlas(tmp_path_factory.mktemp("i"), routes, spots, industries)
    for each in around([*(r.prefix for r in routes), *(s.prefix for s in spots)]):
        spot, origins = naive_spot(each, spots), naive_origins(each, routes)
        naics, sector = (spot.naics, spot.sector) if spot else (0, "")
        if origins and not naics and not sector:
            main = min(origins, key=lambda asn: (-origins[asn], asn))
            naics, sector = industries.get(main, (0, ""))
        found = atlas.interval(parse_address(str(each)))
        country = spot.country if spot else ""
        assert (found.country or "", found.naics or 0, found.sector or "") == (
            country,
            naics,
            sector,
        )
