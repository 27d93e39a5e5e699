"""`server.json`: the server's entry in the MCP registry, in the form of its schema of 2025-12-11."""

from __future__ import annotations

from typing import Any

from project import DESCRIPTION, NAME, REGISTRY_NAME, REPOSITORY, TITLE, VARIABLES, VERSION, Variable

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


def document() -> dict[str, Any]:
    """The whole file."""
    return {
        "$schema": SCHEMA,
        "name": REGISTRY_NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "version": VERSION,
        "repository": {"url": REPOSITORY, "source": "github"},
        "packages": [
            {
                "registryType": "pypi",
                "identifier": NAME,
                "version": VERSION,
                "runtimeHint": "uvx",
                "transport": {"type": "stdio"},
                "environmentVariables": [_input(variable) for variable in VARIABLES],
            }
        ],
    }


def _input(variable: Variable) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": variable.name,
        "description": variable.description,
        "isRequired": False,
        "isSecret": variable.is_secret,
        "format": "filepath" if variable.kind == "path" else "string",
    }
    if variable.choices:
        found["choices"] = list(variable.choices)
    if variable.default:
        found["default"] = variable.default
    return found
