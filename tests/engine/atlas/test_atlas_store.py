"""Keeping atlases: names, repeats, the gate, damage."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.engine.atlas.atlas_worlds import DAY, Route, Spot, build

from tocsin.engine.atlas import atlas_for, list_atlases, load_atlas, save_atlas, verify_atlas
from tocsin.engine.files import sha256_of
from tocsin.model.errors import AtlasError

_ROUTES = [Route("192.0.2.0/25", 64496), Route("192.0.2.128/25", 64497), Route("2001:db8::/32", 1)]
_SPOTS = [Spot("192.0.2.0/24", "XA")]


def _keep(directory: Path, routes: list[Route], *, days: int = 0, force: bool = False) -> str:
    built = build(directory / f"in{days}", routes, _SPOTS, at=DAY + dt.timedelta(days=days))
    return save_atlas(built, directory / "atlas", force=force).name


def _bytes(directory: Path) -> dict[str, str]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): sha256_of(path) for path in files}


def test_the_label_tells_counts_inputs_and_moment(tmp_path: Path) -> None:
    name = _keep(tmp_path, _ROUTES)
    (info,) = list_atlases(tmp_path / "atlas")
    assert info.name == name
    assert name.startswith("2026-11-22T000000Z-")
    assert (info.prefixes_v4, info.prefixes_v6, info.places) == (2, 1, 1)
    assert info.at == DAY
    assert [each.file for each in info.inputs] == ["routes.csv", "places.csv"]
    assert info.inputs[0][1] == sha256_of(tmp_path / "in0" / "routes.csv")
    assert load_atlas(tmp_path / "atlas", name).info == info


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    assert _keep(tmp_path / "one", _ROUTES) == _keep(tmp_path / "two", _ROUTES)
    assert _bytes(tmp_path / "one" / "atlas") == _bytes(tmp_path / "two" / "atlas")


def test_the_same_content_again_changes_nothing(tmp_path: Path) -> None:
    name = _keep(tmp_path, _ROUTES)
    before = _bytes(tmp_path / "atlas")
    assert _keep(tmp_path, list(reversed(_ROUTES))) == name
    assert _bytes(tmp_path / "atlas") == before


def test_other_content_at_the_same_moment_is_refused_even_with_force(tmp_path: Path) -> None:
    _keep(tmp_path, _ROUTES)
    with pytest.raises(AtlasError, match="counts from the same moment"):
        _keep(tmp_path, _ROUTES[:2], force=True)


def test_the_gate_refuses_less_than_half_and_says_of_what(tmp_path: Path) -> None:
    _keep(tmp_path, _ROUTES)
    with pytest.raises(AtlasError, match="not believable") as caught:
        _keep(tmp_path, _ROUTES[:2], days=1)
    assert [one.what.split(",")[0] for one in caught.value.problems] == ["0 IPv6 prefixes"]
    assert len(list_atlases(tmp_path / "atlas")) == 1


def test_half_is_enough_and_force_opens_the_gate(tmp_path: Path) -> None:
    _keep(tmp_path, _ROUTES)
    _keep(tmp_path, [_ROUTES[0], _ROUTES[2]], days=1)
    _keep(tmp_path, _ROUTES[:1], days=2, force=True)
    assert len(list_atlases(tmp_path / "atlas")) == 3


def test_the_gate_looks_at_the_newest_earlier_atlas_only(tmp_path: Path) -> None:
    many = [Route(f"192.0.2.{number}/32", 64496) for number in range(8)]
    _keep(tmp_path, [*many, _ROUTES[2]], days=5)
    _keep(tmp_path, _ROUTES, days=1)
    assert len(list_atlases(tmp_path / "atlas")) == 2


def test_a_time_takes_the_newest_atlas_that_is_not_later(tmp_path: Path) -> None:
    first, second = _keep(tmp_path, _ROUTES), _keep(tmp_path, _ROUTES, days=1)
    infos = list_atlases(tmp_path / "atlas")
    noon = dt.timedelta(hours=12)
    assert [info.name for info in infos] == [first, second]
    assert atlas_for(infos, DAY - noon) is None
    assert atlas_for(infos, DAY) == infos[0]
    assert atlas_for(infos, DAY + noon) == infos[0]
    assert atlas_for(infos, DAY + noon * 20) == infos[1]


def test_a_directory_that_is_not_there_holds_no_atlases(tmp_path: Path) -> None:
    assert list_atlases(tmp_path / "absent") == ()


@pytest.mark.parametrize("name", ["2026-11-22T000000Z-00000000", "../../etc", "", "x\n", "a" * 999])
def test_an_atlas_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path, name: str) -> None:
    known = _keep(tmp_path, _ROUTES)
    with pytest.raises(AtlasError, match=f"there is no atlas .*known: {known}"):
        load_atlas(tmp_path / "atlas", name)


def test_an_unfinished_atlas_is_passed_over_and_cleared_by_the_next_build(tmp_path: Path) -> None:
    name = _keep(tmp_path, _ROUTES)
    left = tmp_path / "atlas" / f".{name}.tmp"
    (tmp_path / "atlas" / name).rename(left)
    assert list_atlases(tmp_path / "atlas") == ()
    assert _keep(tmp_path, _ROUTES) == name
    assert not left.exists()


def test_a_stranger_among_the_atlases_is_named(tmp_path: Path) -> None:
    _keep(tmp_path, _ROUTES)
    (tmp_path / "atlas" / "stray").mkdir()
    with pytest.raises(AtlasError, match="stray"):
        list_atlases(tmp_path / "atlas")


def test_a_cut_or_missing_file_is_named(tmp_path: Path) -> None:
    name = _keep(tmp_path, _ROUTES)
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "atlas" / name, whole)
    for file in sorted(path.name for path in whole.iterdir()):
        path = tmp_path / "atlas" / name / file
        for damage in (b"", path.read_bytes()[:-2], None):
            path.unlink() if damage is None else path.write_bytes(damage)
            with pytest.raises(AtlasError, match="damaged") as caught:
                load_atlas(tmp_path / "atlas", name)
            assert file in str(caught.value)
            shutil.copy(whole / file, path)
    load_atlas(tmp_path / "atlas", name)


def test_rubbish_of_the_right_size_is_refused(tmp_path: Path) -> None:
    name = _keep(tmp_path, _ROUTES)
    for path in sorted((tmp_path / "atlas" / name).iterdir()):
        good = path.read_bytes()
        path.write_bytes(b"\xff" * len(good))
        with pytest.raises(AtlasError, match="damaged"):
            load_atlas(tmp_path / "atlas", name)
        path.write_bytes(good)


def test_row_numbers_that_point_nowhere_are_refused(tmp_path: Path) -> None:
    name = _keep(tmp_path, _ROUTES)
    path = tmp_path / "atlas" / name / "origin_set.npy"
    array = np.load(path)
    array[-1] = 99
    np.save(path, array)
    with pytest.raises(AtlasError, match="points outside"):
        load_atlas(tmp_path / "atlas", name)


def test_verifying_finds_a_changed_value_that_opening_does_not(tmp_path: Path) -> None:
    name = _keep(tmp_path, _ROUTES)
    verify_atlas(tmp_path / "atlas", name)
    path = tmp_path / "atlas" / name / "v4_starts.npy"
    array = np.load(path)
    array[-1] += 1
    np.save(path, array)
    load_atlas(tmp_path / "atlas", name)
    with pytest.raises(AtlasError, match="not the one it was"):
        verify_atlas(tmp_path / "atlas", name)


def test_another_format_is_told_as_such(tmp_path: Path) -> None:
    name = _keep(tmp_path, _ROUTES)
    label = tmp_path / "atlas" / name / "atlas.json"
    label.write_text(json.dumps({**json.loads(label.read_text()), "format": 2}))
    with pytest.raises(AtlasError, match="has format 2, this version reads 1"):
        load_atlas(tmp_path / "atlas", name)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": 1}', "\x00", "[" * 100000])
def test_a_broken_label_is_named(tmp_path: Path, text: str) -> None:
    name = _keep(tmp_path, _ROUTES)
    (tmp_path / "atlas" / name / "atlas.json").write_text(text)
    with pytest.raises(AtlasError, match=r"atlas\.json"):
        list_atlases(tmp_path / "atlas")
