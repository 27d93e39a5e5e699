"""The bundle for Claude Desktop holds what a host needs to start the server, and starts."""

from __future__ import annotations

import json
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

import bundle
from call_transcripts_mcp import tools
from project import KEYS, VERSION

if TYPE_CHECKING:
    from pathlib import Path

_TOP = {
    "manifest_version",
    "name",
    "display_name",
    "version",
    "description",
    "long_description",
    "author",
    "repository",
    "homepage",
    "documentation",
    "support",
    "server",
    "tools",
    "prompts",
    "keywords",
    "license",
    "compatibility",
    "user_config",
}
"""Keys of the manifest's schema 0.4 that we use; it refuses any that it does not know."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    bundle.write(folder / "one.mcpb")
    with zipfile.ZipFile(folder / "one.mcpb") as packed:
        packed.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="module")
def manifest(unpacked: Path) -> dict[str, Any]:
    return json.loads((unpacked / bundle.MANIFEST).read_text(encoding="utf-8"))


def test_the_manifest_is_of_the_code(manifest: dict[str, Any]) -> None:
    assert set(manifest) <= _TOP
    assert manifest["version"] == VERSION
    assert [tool["name"] for tool in manifest["tools"]] == list(tools.NAMES)


def test_every_setting_of_the_form_reaches_the_server_and_keys_are_kept_secret(manifest: dict[str, Any]) -> None:
    environment = manifest["server"]["mcp_config"]["env"]
    form = manifest["user_config"]
    assert set(environment.values()) == {f"${{user_config.{name}}}" for name in form}
    assert all(form[key.name.lower()]["sensitive"] for key in KEYS)
    # A field that is left blank must not reach the server as "${user_config...}".
    assert all("default" in option for option in form.values())


def test_the_bundle_holds_the_program_and_no_caches(unpacked: Path, manifest: dict[str, Any]) -> None:
    names = {file.relative_to(unpacked).as_posix() for file in unpacked.rglob("*") if file.is_file()}
    assert manifest["server"]["entry_point"] in names
    assert {"pyproject.toml", "README.md", "LICENSE"} <= names
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


def test_two_bundles_of_the_same_sources_are_the_same(tmp_path: Path) -> None:
    for name in ("one.mcpb", "two.mcpb"):
        bundle.write(tmp_path / name)
    assert (tmp_path / "one.mcpb").read_bytes() == (tmp_path / "two.mcpb").read_bytes()


async def _listed(folder: Path) -> list[str]:
    started = StdioServerParameters(
        command=sys.executable,
        args=["-P", "-m", "call_transcripts_mcp"],
        env={"PYTHONPATH": str(folder / "server"), "CALL_TRANSCRIPTS_ARCHIVE": "off", "ULTRAVOX_API_KEY": ""},
    )
    async with Client(stdio_client(started)) as client:
        return [tool.name for tool in (await client.list_tools()).tools]


def test_the_unpacked_bundle_serves_the_tools(unpacked: Path) -> None:
    assert anyio.run(_listed, unpacked) == list(tools.NAMES)
