"""Programs of others that the pages name, and that cannot run in a test: what each is told is checked instead.

`python stand_ins.py NAME ARGUMENT...` stands for a program. It exits with 1 and one line if the page tells it something
that does not exist, and starts our server where the program would.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tomllib
import urllib.request
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parent.parent.parent
NAME = "call-transcripts-mcp"
PORT = "8765"
MCP_URL = f"http://127.0.0.1:{PORT}/mcp"
LOG = "running.log"
"""In the folder of the reader: what the servers say that stay running."""
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "page", "version": "1"}},
}


def check(is_right: object, said: str) -> None:
    """End with what is wrong."""
    if not is_right:
        sys.exit(f"the page is wrong: {said}")


def serves_on_stdin(command: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether a command starts a server that answers `initialize`; it has no other settings than a host gives it."""
    given = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **env}
    asked = json.dumps(INITIALIZE) + "\n"
    ended = subprocess.run(  # noqa: S603 - as the page says
        command, input=asked, env=given, capture_output=True, text=True, check=False, timeout=120
    )
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    return [answer["result"]["serverInfo"]["name"] for answer in answers] == ["call-transcripts"]


def _was_served_on_stdin(command: Sequence[str], env: Mapping[str, str]) -> bool:
    """As `serves_on_stdin`; what several hosts of a page start alike is started once."""
    served = Path("served.json")
    started: list[object] = json.loads(served.read_text(encoding="utf-8")) if served.exists() else []
    asked = [list(command), dict(env)]
    if asked in started:
        return True
    served.write_text(json.dumps([*started, asked]), encoding="utf-8")
    return serves_on_stdin(command, env)


def _serves_over_http(url: str, headers: Mapping[str, str]) -> bool:
    """Whether the server that runs answers at the path of a URL, to a client that sends these headers."""
    running = re.findall(r"Serving MCP on (http://[^/]+)", Path(LOG).read_text(encoding="utf-8"))[-1]
    path = re.sub(r"^https?://[^/]+", "", url)
    accepted = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    request = urllib.request.Request(  # noqa: S310 - the server's own
        running + path, data=json.dumps(INITIALIZE).encode(), headers={**accepted, **headers}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - likewise
        return b'"call-transcripts"' in answer.read()


def _host(words: list[str]) -> None:
    """`claude mcp add`, `codex mcp add`, `gemini mcp add`: options, a name, and the server's command or URL."""
    check(words[:2] == ["mcp", "add"], "only `mcp add` is known")
    env: dict[str, str] = {}
    headers: dict[str, str] = {}
    rest: list[str] = []
    left = iter(words[2:])
    for word in left:
        if word in ("--env", "-e"):
            name, _, value = next(left).partition("=")
            env[name] = value
        elif word == "--header":
            name, _, value = next(left).partition(": ")
            headers[name] = value
        elif word in ("--transport", "--scope"):
            next(left)
        elif word == "--":
            rest += left
        else:
            rest.append(word)
    name, *command = rest
    check(name == "call-transcripts", f"the server is called {name}")
    is_served = _serves_over_http(command[0], headers) if "http" in words else _was_served_on_stdin(command, env)
    check(is_served, f"{command} does not serve")


def _vs_code(words: list[str]) -> None:
    check(words[0] == "--add-mcp", "only --add-mcp is known")
    entry = json.loads(words[1])
    check(_was_served_on_stdin([entry["command"], *entry["args"]], entry["env"]), f"{entry} does not serve")


def _uvx(words: list[str]) -> None:
    if words[0] == "--from":
        check(re.fullmatch(r"dist/call_transcripts_mcp-\S+\.whl", words[1]), f"{words[1]} is no wheel of ours")
        words = words[2:]
    check(words[0] == NAME, f"{words[0]} is not our package")
    os.execvp(NAME, words)  # noqa: S606 - ours


def _docker(words: list[str]) -> None:
    if words[0] == "build":
        check("EXPOSE" in Path(words[-1], "Dockerfile").read_text(encoding="utf-8"), "there is no Dockerfile")
        extras = re.findall(r"EXTRAS=(\S+)", " ".join(words))
        check(all(extra in _extras() for found in extras for extra in found.split(",")), f"{extras} are no extras")
        return
    if words[0] == "compose":
        text = Path(words[words.index("--file") + 1]).read_text(encoding="utf-8")
        missing = [name for name in re.findall(r"\$\{(\w+):\?", text) if not os.environ.get(name)]
        check(not missing, f"{missing} are not set")
        return
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    options, arguments = words[1 : words.index(NAME)], words[words.index(NAME) + 1 :]
    for option, value in pairwise(options):
        if option == "--env":
            check(value.partition("=")[0] in os.environ, f"{value} is not set")
        elif option == "--volume":
            check(f'VOLUME ["{value.partition(":")[2]}"]' in dockerfile, f"{value} is not the volume")
        elif option == "--publish":
            check(f"EXPOSE {value.rpartition(':')[2]}\n" in dockerfile, f"{value} is not the port")
    if arguments:
        ended = subprocess.run([NAME, *arguments, "--help"], capture_output=True, check=False)  # noqa: S603 - ours
        check(ended.returncode == 0, f"{arguments} cannot be parsed")
    else:
        check("--interactive" in options, "nothing could be sent to the server")
        check(serves_on_stdin([NAME], {}), "the image does not serve")


def _extras() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["optional-dependencies"]


def _pip(words: list[str]) -> None:
    check(words[0] == "install", "only `install` is known")
    development = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    for requirement in words[1:]:
        name, _, extra = requirement.rstrip("]").partition("[")
        is_ours = name == NAME and extra in _extras()
        check(is_ours or re.search(rf"^{name}==", development, re.MULTILINE), f"{requirement} is unknown")


def _npx(words: list[str]) -> None:
    package, *_ = (word for word in words if not word.startswith("-"))
    check(package.startswith("@modelcontextprotocol/conformance"), f"{package} is unknown")
    check(words[words.index("--url") + 1] == MCP_URL, "that is not where `serve --http` listens")


def _git(words: list[str]) -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    check(words[:2] == ["clone", urls["Repository"]], "that is not the address of the project")


def _sudo(words: list[str]) -> None:
    os.execvp(words[0], words)  # noqa: S606 - the next of the table, or a copy below the folder of the reader


def _systemctl(words: list[str]) -> None:
    unit = Path("etc/systemd/system", f"{words[-1]}.service")
    check(unit.exists(), f"{unit} was not installed")
    for named in re.findall(r"^(?:EnvironmentFile=|LoadCredential=\w+:)/(\S+)$", unit.read_text(), re.MULTILINE):
        check(Path(named).exists(), f"/{named} was not installed")


def _caddy(words: list[str]) -> None:
    check(words[words.index("--to") + 1] == f"127.0.0.1:{PORT}", "that is not where `serve --http` listens")


def _make(words: list[str]) -> None:
    os.execv(os.environ["REAL_MAKE"], ["make", "--dry-run", *words])  # noqa: S606 - make itself


def _python(words: list[str]) -> None:
    text = Path(words[0]).read_text(encoding="utf-8")
    options = [word for word in words[1:] if word.startswith("--")]
    check(all(f'"{option}"' in text for option in options), f"{words[0]} has no {options}")
    themes = words[words.index("--only") + 1].split(",") if "--only" in words else []
    check(all(f'"{theme}":' in text for theme in themes), f"{words[0]} has not all of {themes}")


def _jq(_words: list[str]) -> None:
    text = sys.stdin.read()
    try:
        json.loads(text)
    except ValueError:
        for line in text.splitlines():
            json.loads(line)


def _openssl(words: list[str]) -> None:
    print(secrets.token_hex(int(words[-1])))  # noqa: T201 - what it prints


@dataclass(frozen=True, slots=True)
class StandIn:
    """A program that is not run.

    Attributes:
        why: the reason.
        check: what is tried instead, with the words that follow its name.
        is_spare: whether the program itself is used where the machine has it.
    """

    why: str
    check: Callable[[list[str]], None]
    is_spare: bool = False


STAND_INS = {
    "claude": StandIn("a host, which needs an account", _host),
    "codex": StandIn("a host, which needs an account", _host),
    "gemini": StandIn("a host, which needs an account", _host),
    "code": StandIn("a host, which needs a screen", _vs_code),
    "uvx": StandIn("asks a package index", _uvx),
    "pip": StandIn("asks a package index", _pip),
    "npx": StandIn("asks a package index", _npx),
    "git": StandIn("asks a server of code", _git),
    "docker": StandIn("needs a container engine", _docker),
    "sudo": StandIn("changes the machine", _sudo),
    "systemctl": StandIn("changes the machine", _systemctl),
    "caddy": StandIn("asks for a certificate", _caddy),
    "make": StandIn("the gate runs its targets", _make),
    "python": StandIn("measures for minutes, or writes a page", _python),
    "jq": StandIn("not part of every system", _jq, is_spare=True),
    "openssl": StandIn("not part of every system", _openssl, is_spare=True),
}

if __name__ == "__main__":
    STAND_INS[sys.argv[1]].check(sys.argv[2:])
