"""Imports point down: the floors of the package as data, held against its source, type-checking imports included."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from call_transcripts_mcp.providers import ALL

PACKAGE = "call_transcripts_mcp"
ROOT = Path(__file__).parent.parent / "server" / PACKAGE

FLOORS = (
    {"end_reasons", "errors", "loopback", "model", "names", "sockets", "telemetry", "text"},
    {"redaction"},
    {"findings"},
    {"analysis"},
    {"render"},
    {"export", "report"},
    {"providers"},
    {"settings"},
    {"logs"},
    {"archive"},
    {"library"},
    {"sample"},
    {"tools"},
    {"connect"},
    {"serving"},
    {"app"},
    {"cli"},
    {"__main__"},
)
"""From the ground up. A room imports rooms of lower floors and its own modules; never its own floor, never upwards."""

OWNERS = {
    "httpx": ("providers.clients", "providers.http"),
    "mcp": ("app", "serving"),
    "mcp_types": ("app", "serving"),
    "jinja2": ("report.page",),
    "opentelemetry": ("telemetry",),
    "sqlite3": ("archive.sqlite",),
    "clickhouse_connect": ("archive.clickhouse",),
}
"""The modules, or packages, that alone may import a library."""

LOOSE_MODULES = 12
LINES = 400

ENGINES = ("sqlite", "clickhouse")
FILES = sorted(ROOT.rglob("*.py"))


def module_of(file: Path) -> str:
    """The module's name inside the package, such as `render.transcript`; "" for the package itself."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, file: Path) -> set[str]:
    """Every module a source imports, wherever in the file and for whatever purpose, in full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = [PACKAGE, *file.relative_to(ROOT).parts[: 1 - node.level or None][:-1]] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


IMPORTS = {module_of(file): imports_of(file.read_text(encoding="utf-8"), file) for file in FILES}


def foreign(module: str) -> set[str]:
    return {name.partition(".")[0] for name in IMPORTS[module]}


def own(module: str) -> set[str]:
    """The package's modules that a module imports; a name inside a module counts as that module.

    `from a import b` is an import of `a.b` alone when that is a module, since `a` is then only on the way.
    """
    inside = {name.removeprefix(f"{PACKAGE}.") for name in IMPORTS[module] if name.startswith(f"{PACKAGE}.")}
    through = {name.rpartition(".")[0] for name in inside if name in IMPORTS}
    named = {name.rpartition(".")[0] for name in inside if name not in IMPORTS}
    return ({name for name in inside if name in IMPORTS and name not in through} | named) - {"", module}


def room(module: str) -> str:
    return module.partition(".")[0]


def within(folder: str) -> list[str]:
    return [module for module in IMPORTS if module == folder or module.startswith(f"{folder}.")]


def floor_of(module: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if room(module) in floor)


def rings() -> list[list[str]]:
    """The sets of modules that reach each other by imports."""
    reached = {module: own(module) & IMPORTS.keys() for module in IMPORTS}
    while True:
        further = {module: near.union(*(reached[name] for name in near)) for module, near in reached.items()}
        if further == reached:
            break
        reached = further
    found = {
        frozenset(other for other in IMPORTS if other in reached[module] and module in reached[other])
        for module in IMPORTS
    }
    return sorted(sorted(ring) for ring in found if ring)


def test_every_room_has_a_floor_and_every_floor_its_rooms() -> None:
    assert {room(module) for module in IMPORTS} - {""} == set().union(*FLOORS)


@pytest.mark.parametrize("module", IMPORTS)
def test_no_arrow_runs_up(module: str) -> None:
    if module:
        up = {name for name in own(module) if room(name) != room(module) and floor_of(name) >= floor_of(module)}
        assert up == set()


def test_no_modules_import_each_other_in_a_ring() -> None:
    assert rings() == []


def test_no_two_folders_import_each_other() -> None:
    between: set[tuple[str, str]] = set()
    for module in IMPORTS:
        for name in own(module):
            here, there = (".".join(one.split(".")[:-1]) if one not in _PACKAGES else one for one in (module, name))
            if here and there and not here.startswith(f"{there}.") and not there.startswith(f"{here}."):
                between.add((here, there))
    assert {pair for pair in between if pair[::-1] in between and pair[0] != pair[1]} == set()


_PACKAGES = {module_of(file) for file in FILES if file.name == "__init__.py"}


def test_few_modules_stand_loose_at_the_top() -> None:
    assert len([file for file in ROOT.glob("*.py") if file.name != "__init__.py"]) <= LOOSE_MODULES


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_no_file_is_long(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("engine", [*ENGINES, *ALL])
def test_no_file_is_told_apart_by_a_prefix(engine: str) -> None:
    assert [file.name for file in FILES if file.name.startswith(f"{engine}_")] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import httpx._models", "httpx._models"),
        ("def f():\n    from mcp.server import X", "mcp.server"),
        ("if TYPE_CHECKING:\n    from call_transcripts_mcp import model", f"{PACKAGE}.model"),
        ("from . import wire", f"{PACKAGE}.providers.wire"),
        ("from .wire import X", f"{PACKAGE}.providers.wire"),
        ("from ..library import X", f"{PACKAGE}.library"),
    ],
)
def test_every_way_to_import_is_seen(source: str, found: str) -> None:
    assert found in imports_of(source, ROOT / "providers" / "paging.py")


@pytest.mark.parametrize("library", OWNERS)
def test_only_the_modules_that_own_a_library_import_it(library: str) -> None:
    users = {module for module in IMPORTS if library in foreign(module)}
    assert users
    assert {
        module for module in users if not (module in OWNERS[library] or module.startswith(OWNERS[library]))
    } == set()


def test_providers_do_not_know_each_other() -> None:
    for provider in ALL:
        others = tuple(f"providers.{other}" for other in ALL if other != provider)
        for module in within(f"providers.{provider}"):
            assert not {name for name in own(module) if name.startswith(others)}, module


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_knows_neither_what_is_made_of_a_call_nor_another_engine(engine: str) -> None:
    modules = within(f"archive.{engine}")
    assert modules
    others = tuple(f"archive.{other}" for other in ENGINES if other != engine)
    for module in modules:
        known = own(module)
        assert not {name for name in known if room(name) in {"providers", "render"}}, module
        assert not known & {"archive.rows", "archive.archive", "archive.writer"}, module
        assert not {name for name in known if name.startswith(others)}, module


def test_only_the_way_to_open_an_engine_names_one() -> None:
    engines = tuple(f"archive.{engine}" for engine in ENGINES)
    namers = {
        module
        for module in IMPORTS
        for name in own(module)
        if name.startswith(engines) and not module.startswith(engines)
    }
    assert namers == {"archive.opening"}


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        module_of(file)
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "getenvb"})
        or (isinstance(node, ast.alias) and node.name in {"environ", "environb", "getenv", "getenvb"})
    }
    assert readers == {"settings"}
