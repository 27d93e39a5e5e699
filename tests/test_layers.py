"""Imports point down: what each part of the package may import, read from its source."""

import ast
from pathlib import Path

import pytest

from call_transcripts_mcp.providers import ALL

PACKAGE = "call_transcripts_mcp"
ROOT = Path(__file__).parent.parent / "server" / PACKAGE

# The modules at the bottom, which import nothing of the package but each other.
BOTTOM = {
    "model", "errors", "text", "redaction", "redaction_numbers", "redaction_rules", "causes", "cause_headline",
    "cause_rules", "findings",
}  # fmt: skip
DATABASES = {
    "sqlite3",
    "duckdb",
    "psycopg",
    "psycopg2",
    "psycopg_pool",
    "asyncpg",
    "sqlalchemy",
    "aiosqlite",
    "lancedb",
    "clickhouse_connect",
    "chdb",
}
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
    """The package's modules that a module imports; a name inside a module counts as that module."""
    inside = {name.removeprefix(f"{PACKAGE}.") for name in IMPORTS[module] if name.startswith(f"{PACKAGE}.")}
    return {name if name in IMPORTS else name.rpartition(".")[0] for name in inside} - {""}


def part(module: str) -> str:
    return module.partition(".")[0]


def within(folder: str) -> list[str]:
    return [module for module in IMPORTS if part(module) == folder]


def test_the_rules_have_something_to_hold_for() -> None:
    assert set(IMPORTS) >= BOTTOM
    assert own("causes") == {"cause_headline", "cause_rules", "text"}
    assert foreign("redaction_numbers") >= {"stdnum", "phonenumbers"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import httpx._models", "httpx._models"),
        ("def f():\n    from mcp.server import X", "mcp.server"),
        ("if TYPE_CHECKING:\n    from call_transcripts_mcp import model", "call_transcripts_mcp.model"),
        ("from . import ultravox", "call_transcripts_mcp.providers.ultravox"),
        ("from .ultravox import X", "call_transcripts_mcp.providers.ultravox"),
        ("from ..library import X", "call_transcripts_mcp.library"),
    ],
)
def test_every_way_to_import_is_seen(source: str, found: str) -> None:
    assert found in imports_of(source, ROOT / "providers" / "diga.py")


@pytest.mark.parametrize("module", IMPORTS)
def test_only_the_modules_that_own_a_library_import_it(module: str) -> None:
    if module not in {"fetch", "app"}:
        assert "httpx" not in foreign(module)
    if module != "app" and part(module) != "tools":
        assert not foreign(module) & {"mcp", "mcp_types"}
    if not module.startswith("archive.sqlite"):
        assert "sqlite3" not in foreign(module)
    if not module.startswith("archive.clickhouse"):
        assert not foreign(module) & (DATABASES - {"sqlite3"})


@pytest.mark.parametrize("module", sorted(BOTTOM))
def test_the_bottom_imports_only_the_bottom(module: str) -> None:
    assert own(module) <= BOTTOM


def test_model_and_errors_stand_on_nothing() -> None:
    assert not own("model") | own("errors")


@pytest.mark.parametrize("folder", ["analysis", "render"])
def test_analysis_and_render_see_the_bottom_and_their_siblings(folder: str) -> None:
    allowed = {"model", "text", "redaction", "causes", "findings"} | set(within(folder))
    assert {module: own(module) - allowed for module in within(folder) if own(module) - allowed} == {}


def provider_of(module: str) -> str:
    """The provider that a module belongs to: `diga` for `providers.diga_logs`; "" for what all of them share."""
    name = module.removeprefix("providers.")
    return next((provider for provider in ALL if name == provider or name.startswith(f"{provider}_")), "")


def test_providers_do_not_know_each_other() -> None:
    assert {provider_of(module) for module in within("providers")} == {*ALL, ""}
    for module in within("providers"):
        known = {provider_of(name) for name in own(module) if part(name) == "providers"}
        assert known <= {"", provider_of(module)}, module


def test_the_library_is_above_what_it_uses() -> None:
    below = [*within("providers"), *within("analysis"), *within("render"), *within("archive"), *within("fetch")]
    for module in below:
        assert "library" not in own(module)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_knows_neither_providers_nor_what_is_made_of_a_call_nor_another_engine(engine: str) -> None:
    modules = [module for module in within("archive") if module.startswith(f"archive.{engine}")]
    assert modules
    others = tuple(f"archive.{other}" for other in ENGINES if other != engine)
    for module in modules:
        known = own(module)
        assert not {name for name in known if part(name) in {"providers", "render", "tools", "sample"}}, module
        assert not known & {"archive.keeping", "archive.door", "archive.writer", "library"}, module
        assert not {name for name in known if name.startswith(others)}, module


def test_only_the_way_to_open_an_engine_names_one() -> None:
    namers = {
        module
        for module in IMPORTS
        for name in own(module)
        if name.startswith(tuple(f"archive.{engine}" for engine in ENGINES))
        and not module.startswith(tuple(f"archive.{engine}" for engine in ENGINES))
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
    assert readers <= {"settings"}
