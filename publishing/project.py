"""What the published files say of the project, each fact from the place where it is kept."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import call_transcripts_mcp
from call_transcripts_mcp.providers import ALL

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

NAME: str = PYPROJECT["name"]
VERSION = call_transcripts_mcp.__version__
TITLE = "Call transcripts"
DESCRIPTION: str = PYPROJECT["description"]
AUTHOR: str = PYPROJECT["authors"][0]["name"]
REPOSITORY: str = PYPROJECT["urls"]["Repository"]
REGISTRY_NAME = f"io.github.{REPOSITORY.split('/')[-2]}/{NAME}"
"""The server's name in the MCP registry, whose namespace is the owner of the repository."""
KEYWORDS: list[str] = PYPROJECT["keywords"]
LICENSE: str = PYPROJECT["license"]
PYTHON: str = PYPROJECT["requires-python"]

_TITLES = {"elevenlabs": "ElevenLabs"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable of the server.

    Attributes:
        title: as a form shows it.
        description: one or two sentences.
        kind: "string", or "path" of a file or folder.
        choices: the values that it takes; empty for any.
        default: the value when it is not set; "" when there is none to name.
    """

    name: str
    title: str
    description: str
    is_secret: bool = False
    kind: str = "string"
    choices: tuple[str, ...] = ()
    default: str = ""


def title_of(provider: str) -> str:
    """A provider's name as its vendor writes it."""
    return _TITLES.get(provider, provider.capitalize())


KEYS = tuple(
    Variable(
        f"{provider.upper()}_API_KEY",
        f"{title_of(provider)} API key",
        f"Reads the calls of {title_of(provider)}.",
        is_secret=True,
    )
    for provider in ALL
)

VARIABLES = (
    *KEYS,
    *(
        Variable(
            f"{provider.upper()}_BASE_URL",
            f"{title_of(provider)} address",
            f"Another address of {title_of(provider)}'s API: https, unless it is on this machine.",
        )
        for provider in ALL
    ),
    Variable(
        "CALL_TRANSCRIPTS_FILES",
        "Files with calls",
        "Files, folders and globs with transcripts, separated as in PATH.",
        kind="path",
    ),
    Variable(
        "CALL_TRANSCRIPTS_REDACT",
        "Masking",
        "What is masked: secrets, personal (secrets and personal data), or off.",
        choices=("secrets", "personal", "off"),
        default="secrets",
    ),
    Variable("CALL_TRANSCRIPTS_HOME", "Data folder", "The folder that this server writes to.", kind="path"),
    Variable(
        "CALL_TRANSCRIPTS_ARCHIVE",
        "Archive",
        "Where ended calls are kept: sqlite:///absolute/path.db, clickhouses://user:password@host:port/database, "
        "or off.",
        is_secret=True,
    ),
    Variable(
        "CALL_TRANSCRIPTS_TOOLS", "Tools", "The only tools that are offered, separated by commas; all if not set."
    ),
    Variable(
        "CALL_TRANSCRIPTS_AGENTS",
        "Agents",
        "Ids or names of the only agents whose calls are shown, separated by commas; all if not set.",
    ),
    Variable(
        "CALL_TRANSCRIPTS_AGENT_NAMES",
        "Names of agents",
        'A TOML file with a line for each agent, "id" = "name": what answers call the agent.',
        kind="path",
    ),
    Variable(
        "CALL_TRANSCRIPTS_AUDIT",
        "Audit",
        "Where a line of JSON for each question goes: stderr, or the absolute path of a file.",
        kind="path",
    ),
    Variable(
        "CALL_TRANSCRIPTS_HTTP_TOKEN",
        "HTTP token",
        "The bearer token that clients of serve --http send.",
        is_secret=True,
    ),
    Variable("CALL_TRANSCRIPTS_HTTP_TOKEN_FILE", "HTTP token file", "A file with that token.", kind="path"),
    Variable(
        "CALL_TRANSCRIPTS_HTTP_HOSTS",
        "HTTP host names",
        "Names under which clients reach serve --http, separated by commas.",
    ),
    Variable(
        "CALL_TRANSCRIPTS_HTTP_PROXIES",
        "HTTP proxies",
        "Addresses and networks of the proxies before serve --http, whose X-Forwarded-For names the client.",
    ),
    Variable(
        "CALL_TRANSCRIPTS_LOG_LEVEL",
        "Log level",
        "How much is logged to stderr.",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        default="WARNING",
    ),
    Variable(
        "CALL_TRANSCRIPTS_LOG_FORMAT",
        "Log format",
        "How the log is written: plain lines, or one JSON object a line.",
        choices=("plain", "json"),
        default="plain",
    ),
)
"""Every variable that `call_transcripts_mcp.settings` reads."""
