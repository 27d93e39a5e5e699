"""The MCPB bundle: a zip of the sources that Claude Desktop installs with one click, and runs with uv.

Run with the path of the bundle to write it. uv installs the dependencies when the host starts the bundle, so that
one bundle serves every system.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

from call_transcripts_mcp import tools
from project import (
    AUTHOR,
    DESCRIPTION,
    KEYS,
    KEYWORDS,
    LICENSE,
    NAME,
    PYTHON,
    REPOSITORY,
    ROOT,
    TITLE,
    VARIABLES,
    VERSION,
    Variable,
)

MANIFEST = "manifest.json"
# Not asked for in the host's form: other addresses are for gateways; a host shows the log, chooses the tools, and
# speaks no HTTP.
_NOT_ASKED = re.compile(r".*_BASE_URL|.*_LOG_(LEVEL|FORMAT)|.*_AUDIT|.*_TOOLS|.*_HTTP_.*")
_PACKED = ("pyproject.toml", "README.md", "LICENSE")


def asked() -> list[Variable]:
    """The variables that the host's form asks for."""
    return [variable for variable in VARIABLES if not _NOT_ASKED.fullmatch(variable.name)]


def manifest() -> dict[str, Any]:
    """The bundle's manifest."""
    return {
        "manifest_version": "0.4",
        "name": NAME,
        "display_name": TITLE,
        "version": VERSION,
        "description": DESCRIPTION,
        "long_description": (
            "Reads the calls of voice agents on Ultravox, Diga, ElevenLabs, Vapi and Retell, and transcripts in files: "
            "what was said, which tool calls failed, why, and how often. Without a key it answers from built-in sample "
            "calls. It only reads."
        ),
        "author": {"name": AUTHOR},
        "repository": {"type": "git", "url": REPOSITORY},
        "homepage": REPOSITORY,
        "documentation": f"{REPOSITORY}#readme",
        "support": f"{REPOSITORY}/issues",
        "server": {
            "type": "uv",
            "entry_point": "server/call_transcripts_mcp/__main__.py",
            # The validator asks for it, although hosts know how to start a bundle of this type.
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "--no-dev", NAME],
                "env": {variable.name: f"${{user_config.{_field(variable)}}}" for variable in asked()},
            },
        },
        "tools": [{"name": tool.name, "description": tool.description} for tool in tools.catalogue()],
        "keywords": KEYWORDS,
        "license": LICENSE,
        "compatibility": {"platforms": ["darwin", "linux", "win32"], "runtimes": {"python": PYTHON}},
        "user_config": {_field(variable): _option(variable) for variable in asked()},
    }


def _field(variable: Variable) -> str:
    return variable.name.lower()


def _option(variable: Variable) -> dict[str, Any]:
    return {
        "type": "directory" if variable.kind == "path" else "string",
        "title": variable.title,
        "description": variable.description + (" One key is enough." if variable in KEYS else ""),
        "required": False,
        "default": variable.default,  # without one, a host would pass on the text "${user_config...}"
        "sensitive": variable.is_secret,
    }


def write(path: Path) -> None:
    """Write the bundle; the same sources give the same bytes."""
    package = ROOT / "server" / "call_transcripts_mcp"
    files = [ROOT / name for name in _PACKED]
    files += [file for file in sorted(package.rglob("*")) if file.is_file() and "__pycache__" not in file.parts]
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        _add(bundle, MANIFEST, json.dumps(manifest(), indent=2, ensure_ascii=False).encode())
        for file in files:
            _add(bundle, file.relative_to(ROOT).as_posix(), file.read_bytes())


def _add(bundle: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name)  # of 1980: the time of a build is no part of it
    entry.external_attr = 0o644 << 16
    bundle.writestr(entry, content, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
