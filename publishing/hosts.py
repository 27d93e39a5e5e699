"""How each MCP host is told of this server: one table, from which the README and docs/hosts.md are written."""

from __future__ import annotations

import base64
import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER = "call-transcripts"
RELEASED = ("uvx", "call-transcripts-mcp")
CLONE = ("/path/to/call-transcripts-mcp/.venv/bin/call-transcripts-mcp",)
FORMS = (("Once it is released", RELEASED), ("From a clone, after `make demo`", CLONE))
"""The commands that start the server, each under the words that say what it needs."""
KEY = {"ULTRAVOX_API_KEY": "..."}

Command = tuple[str, ...]


def entry(command: Command, **more: object) -> dict[str, Any]:
    """One server in the form that most hosts share."""
    return {"command": command[0], "args": list(command[1:]), **more}


def _json(value: object) -> str:
    """Indented, with a list of words on one line."""
    return re.sub(
        r"\[\s+([^\[\]{}]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", json.dumps(value, indent=2)
    )


def _servers(command: Command) -> str:
    return _json({"mcpServers": {SERVER: entry(command, env=KEY)}})


def _vs_code(command: Command) -> str:
    return _json({"servers": {SERVER: {"type": "stdio", **entry(command, env=KEY)}}})


def _zed(command: Command) -> str:
    return _json({"context_servers": {SERVER: entry(command, env=KEY)}})


def _codex(command: Command) -> str:
    return f"codex mcp add {SERVER} --env ULTRAVOX_API_KEY=... -- {shlex.join(command)}"


def _claude_code(command: Command) -> str:
    return f"claude mcp add {SERVER} --env ULTRAVOX_API_KEY=... -- {shlex.join(command)}"


def _gemini(command: Command) -> str:
    return f"gemini mcp add --scope user -e ULTRAVOX_API_KEY=... {SERVER} {shlex.join(command)}"


def _code(command: Command) -> str:
    added = json.dumps({"name": SERVER, **entry(command, env=KEY)})
    return f"code --add-mcp {shlex.quote(added)}"


@dataclass(frozen=True, slots=True)
class Host:
    """One host.

    Attributes:
        name: as its vendor writes it.
        where: what to do with the text: a file to write it to, or a place to type it.
        language: of the text, for a code block: "json" or "sh".
        text: what to write or type, for the command that starts the server.
    """

    name: str
    where: str
    language: str
    text: Callable[[Command], str]


HOSTS = (
    Host("Claude Desktop", "open Settings > Developer > Edit Config, and add", "json", _servers),
    Host("Claude Code", "type in a terminal", "sh", _claude_code),
    Host("Cursor", "add to `~/.cursor/mcp.json`, or to `.cursor/mcp.json` of a project,", "json", _servers),
    Host("VS Code", "type in a terminal", "sh", _code),
    Host("VS Code, in a workspace", "add to `.vscode/mcp.json`", "json", _vs_code),
    Host("Codex", "type in a terminal", "sh", _codex),
    Host("Gemini CLI", "type in a terminal", "sh", _gemini),
    Host("Windsurf", "add to `~/.codeium/windsurf/mcp_config.json`", "json", _servers),
    Host("Zed", "add to `settings.json` (`zed: open settings`)", "json", _zed),
    Host(
        "JetBrains IDEs",
        "open Settings > Tools > AI Assistant > Model Context Protocol (MCP) > Add, choose JSON, and paste",
        "json",
        _servers,
    ),
)


def cursor_link() -> str:
    """Opens Cursor and asks to install the server."""
    config = base64.b64encode(json.dumps(entry(RELEASED)).encode()).decode()
    return f"https://cursor.com/en/install-mcp?{urlencode({'name': SERVER, 'config': config})}"


def vs_code_link(*, insiders: bool = False) -> str:
    """Opens VS Code, or its Insiders edition, and asks to install the server."""
    scheme, site = ("vscode-insiders", "insiders.vscode.dev") if insiders else ("vscode", "vscode.dev")
    server = json.dumps({"name": SERVER, **entry(RELEASED)}, separators=(",", ":"))
    link = f"{scheme}:mcp/install?{quote(server, safe='')}"
    return f"https://{site}/redirect?url={quote(link, safe='')}"


def buttons() -> str:
    """One line of links for Markdown; they hold no key."""
    links = (
        ("Cursor", cursor_link()),
        ("VS Code", vs_code_link()),
        ("VS Code Insiders", vs_code_link(insiders=True)),
    )
    return "Install in " + " · ".join(f"[**{name}**]({link})" for name, link in links) + "\n"


def sections() -> str:
    """Every host with what to write or type, in each form."""
    parts: list[str] = []
    for host in HOSTS:
        first = next(other for other in HOSTS if other.text is host.text)
        if first is not host:
            parts += [f"## {host.name}", "", f"{_upper(host.where)} the same JSON as for {first.name}.", ""]
            continue
        parts += [f"## {host.name}", "", f"{_upper(host.where)}:", ""]
        for comment, command in FORMS:
            parts += [f"{comment}:", "", f"```{host.language}", host.text(command), "```", ""]
    return "\n".join(parts[:-1]) + "\n"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def main_hosts() -> str:
    """The two hosts that the README shows, as they are once the server is released."""
    parts: list[str] = []
    for host in HOSTS[:2]:
        parts += [f"**{host.name}**: {host.where}:", "", f"```{host.language}", host.text(RELEASED), "```", ""]
    return "\n".join(parts[:-1]) + "\n"


def example_config() -> str:
    """`claude_desktop_config.example.json`: both forms beside each other."""
    keys = {"ULTRAVOX_API_KEY": "your Ultravox key, or take this line out"}
    keys["DIGA_API_KEY"] = "your Diga key, or take this line out"
    servers = {SERVER: entry(RELEASED, env=keys), f"{SERVER}-from-a-clone": entry(CLONE, env=keys)}
    return json.dumps({"mcpServers": servers}, indent=2) + "\n"
