"""What is published about the server agrees with the code, and has the form that its readers ask for."""

from __future__ import annotations

import base64
import json
import re
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema
import pytest

import hosts
import server_json
import write
from call_transcripts_mcp.providers import ALL
from project import DESCRIPTION, REGISTRY_NAME, ROOT, VARIABLES, VERSION

if TYPE_CHECKING:
    from pathlib import Path

_INPUT: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Z][A-Z_]+$"},
        "description": {"type": "string", "minLength": 1},
        "isRequired": {"type": "boolean"},
        "isSecret": {"type": "boolean"},
        "format": {"enum": ["string", "number", "boolean", "filepath"]},
        "choices": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "default": {"type": "string"},
    },
}
_VERSION = {"type": "string", "pattern": r"^\d+\.\d+\.\d+([-a-z0-9.]*)$"}
_RULES: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "name", "description", "version", "packages"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": server_json.SCHEMA},
        "name": {"type": "string", "pattern": r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$", "minLength": 3, "maxLength": 200},
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": {"type": "string", "minLength": 1, "maxLength": 100},
        "version": {**_VERSION, "maxLength": 255},
        "repository": {
            "type": "object",
            "required": ["url", "source"],
            "additionalProperties": False,
            "properties": {"url": {"type": "string", "pattern": "^https://"}, "source": {"const": "github"}},
        },
        "packages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["registryType", "identifier", "version", "transport"],
                "additionalProperties": False,
                "properties": {
                    "registryType": {"enum": ["pypi", "oci", "mcpb"]},
                    "identifier": {"type": "string", "minLength": 1},
                    "version": _VERSION,
                    "runtimeHint": {"const": "uvx"},
                    "transport": {"type": "object", "required": ["type"], "properties": {"type": {"const": "stdio"}}},
                    "environmentVariables": {"type": "array", "items": _INPUT},
                },
            },
        },
    },
}
"""The rules of the registry's schema for the parts that our entry has."""


@pytest.mark.parametrize("file", write.files(), ids=lambda file: file.name)
def test_what_is_published_is_what_the_code_says(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == write.files()[file], f"{file.name} is out of date: run `make readme`"


def test_the_registry_entry_has_the_form_of_its_schema() -> None:
    jsonschema.validate(json.loads((ROOT / "server.json").read_text(encoding="utf-8")), _RULES)


def test_the_registry_entry_and_its_package_have_the_version_of_the_code() -> None:
    entry = server_json.document()
    assert {entry["version"], *(package["version"] for package in entry["packages"])} == {VERSION}
    assert len(DESCRIPTION) <= 100


def test_the_readme_proves_who_owns_the_package() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^<!-- mcp-name: (\S+) -->$", text, re.MULTILINE) == [REGISTRY_NAME]


def test_every_variable_that_is_read_is_published_and_no_other() -> None:
    source = (ROOT / "server/call_transcripts_mcp/settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"CALL_TRANSCRIPTS_[A-Z_]+", source))
    names |= {f"{provider.upper()}_{kind}" for provider in ALL for kind in ("API_KEY", "BASE_URL")}
    assert {variable.name for variable in VARIABLES} == names


def test_every_key_is_secret_and_so_is_the_address_that_may_hold_a_password() -> None:
    secret = {variable.name for variable in VARIABLES if variable.is_secret}
    assert secret == {
        *(f"{provider.upper()}_API_KEY" for provider in ALL),
        "CALL_TRANSCRIPTS_ARCHIVE",
        "CALL_TRANSCRIPTS_HTTP_TOKEN",
    }


def test_the_buttons_install_what_the_table_says() -> None:
    expected = hosts.entry(hosts.RELEASED)
    config = parse_qs(urlsplit(hosts.cursor_link()).query)
    assert json.loads(base64.b64decode(config["config"][0])) == expected
    for link, scheme in (
        (hosts.vs_code_link(), "vscode"),
        (hosts.vs_code_link(insiders=True), "vscode-insiders"),
    ):
        (inner,) = parse_qs(urlsplit(link).query)["url"]
        head, _, server = inner.partition("?")
        assert head == f"{scheme}:mcp/install"
        assert json.loads(unquote(server)) == {"name": hosts.SERVER, **expected}


@pytest.mark.parametrize("form", [command for _, command in hosts.FORMS], ids=["released", "clone"])
@pytest.mark.parametrize("host", hosts.HOSTS, ids=lambda host: host.name)
def test_every_host_is_told_the_same_command(host: hosts.Host, form: tuple[str, ...]) -> None:
    text = host.text(form)
    if host.language == "json":
        (servers,) = json.loads(text).values()
        found = servers[hosts.SERVER]
        assert (found["command"], *found["args"]) == form
        assert found["env"] == hosts.KEY
    else:
        words = shlex.split(text)
        shown = json.loads(words[-1]) if words[-1].startswith("{") else None
        assert ((shown["command"], *shown["args"]) if shown else tuple(words[-len(form) :])) == form


def test_the_links_of_the_readme_work_on_every_page_that_shows_it() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https://|#)[^)]+\)", text) == []
