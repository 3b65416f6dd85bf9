"""What may know of what, and where the outside world may be touched."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "tocsin"
SOURCES = sorted(PACKAGE.rglob("*.py"))
LAYERS = ("model", "catalogue", "engine", "configuration", "service", "cli")
"""From the bottom up; a layer knows those below it and itself."""

FOREIGN_TO_THE_ENGINE = (
    "typer", "click", "rich", "pydantic", "pydantic_settings", "django", "requests", "http.server",
    "smtplib", "sqlite3", "pandas", "polars", "tocsin.cli", "tocsin.service",
)  # fmt: skip

CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime"),
    ("time", "ctime"), ("time", "strftime"),
}  # fmt: skip
SURROUNDINGS = {("os", "environ"), ("os", "getenv"), ("os", "environb"), ("sys", "argv")}
VOICES = {("sys", "stdout"), ("sys", "stderr"), ("logging", "basicConfig")}

LONGEST_FILE = 400


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(path: Path) -> str:
    """The layer a source file belongs to; "" for the package's own two files."""
    first = path.relative_to(PACKAGE).parts[0]
    return first if first in LAYERS else ""


def below_the_rim() -> list[Path]:
    return [path for path in SOURCES if layer_of(path) in ("model", "catalogue", "engine")]


def imported_modules(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute here"
            yield node.module or "", node.lineno


def loaded_by(program: str) -> set[str]:
    """The modules that a fresh interpreter has after running `program`."""
    program += "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_point_down(path: Path) -> None:
    layer = layer_of(path)
    if not layer:
        return
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    upward = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for name, line in imported_modules(path)
        if name.startswith("tocsin.") and name.split(".")[1] not in allowed
    ]
    assert upward == []


@pytest.mark.parametrize("layer", ["model", "catalogue", "engine"])
def test_a_layer_loads_nothing_of_those_above_it(layer: str) -> None:
    modules = [module_name(path) for path in SOURCES if layer_of(path) == layer]
    loaded = loaded_by("\n".join(f"import {name}" for name in modules))
    above = LAYERS[LAYERS.index(layer) + 1 :]
    found = {
        name
        for name in loaded
        for bad in (*FOREIGN_TO_THE_ENGINE, *(f"tocsin.{each}" for each in above))
        if name == bad or name.startswith(f"{bad}.")
    }
    assert found == set()
    assert set(modules) <= loaded


def attributes(path: Path) -> Iterator[tuple[tuple[str, str], int]]:
    """Every `x.y` in a file as (x, y), where x is the last name before the dot."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = node.value
            if isinstance(owner, ast.Name):
                yield (owner.id, node.attr), node.lineno
            elif isinstance(owner, ast.Attribute):
                yield (owner.attr, node.attr), node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield from (((node.module or "", alias.name), node.lineno) for alias in node.names)


def uses(paths: list[Path], forbidden: set[tuple[str, str]]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: {'.'.join(pair)}"
        for path in paths
        for pair, line in attributes(path)
        if pair in forbidden
    ]


def test_no_clock_is_read_below_the_rim() -> None:
    assert uses(below_the_rim(), CLOCKS) == []


def test_neither_environment_nor_arguments_are_read_below_the_rim() -> None:
    assert uses(below_the_rim(), SURROUNDINGS) == []


def test_nothing_is_printed_below_the_rim() -> None:
    printed = [
        f"{path.relative_to(ROOT)}:{node.lineno}: print"
        for path in below_the_rim()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("print", "input", "breakpoint")
    ]
    assert printed + uses(below_the_rim(), VOICES) == []


def test_the_finder_of_clocks_finds_them(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("import datetime as dt\ndt.datetime.now()\nfrom time import time\n")
    assert {pair for pair, _ in attributes(path)} & CLOCKS == {
        ("datetime", "now"),
        ("time", "time"),
    }


def test_files_are_short_enough_to_hold_one_idea() -> None:
    everything = [
        *(each for each in SOURCES if "migrations" not in each.parts),
        *sorted((ROOT / "tests").rglob("*.py")),
    ]
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in everything
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "migrations" not in path.parts
        and path.stat().st_size
        and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


def test_no_two_test_files_share_a_name() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, times in names.items() if times > 1] == []


def declared(group: list[str]) -> set[str]:
    names = (re.match(r"[A-Za-z0-9_.-]+", requirement) for requirement in group)
    return {name.group().lower().replace("-", "_") for name in names if name}


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = declared(project["dependencies"])
    import_names = {
        "pyyaml": "yaml", "pysigma": "sigma", "django_allauth": "allauth", "beautifulsoup4": "bs4",
        "dnspython": "dns", "dkimpy": "dkim", "pillow": "PIL", "django_ninja": "ninja",
    }  # fmt: skip
    known = {import_names.get(name, name) for name in names} | {"tocsin"}
    imported = {
        (name.split(".")[0], str(path.relative_to(ROOT)))
        for path in SOURCES
        for name, _ in imported_modules(path)
    }
    undeclared = {
        f"{path} imports {name}"
        for name, path in imported
        if name not in known and name not in sys.stdlib_module_names
    }
    assert undeclared == set()


def test_what_is_declared_is_pinned_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = declared(project["dependencies"]) | declared(project["optional-dependencies"]["dev"])
    pins = (ROOT / "requirements.txt").read_text()
    pinned = {
        name.lower().replace("-", "_")
        for name in re.findall(r"^([A-Za-z0-9_.-]+)==\S+ \\\n    --hash=sha256:", pins, re.M)
    }
    assert wanted <= pinned
    assert len(re.findall(r"^[A-Za-z0-9_.-]+==", pins, re.M)) == len(pinned)
