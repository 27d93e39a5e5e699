"""The steps of the Dockerfile and the command of the systemd unit, run as a script: no container engine is needed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import anyio
import pytest
from http_process import TOKEN, address_of
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from call_transcripts_mcp import tools
from project import REGISTRY_NAME, ROOT, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy" / "call-transcripts-mcp.service").read_text(encoding="utf-8")
SYNC_UNIT = (ROOT / "deploy" / "call-transcripts-mcp-sync.service").read_text(encoding="utf-8")
PYTHON = "/opt/server/bin/python"


def step(name: str) -> str:
    """What the last step of a kind says."""
    return re.findall(rf"^{name}\s+(.+)$", DOCKERFILE, re.MULTILINE)[-1]


def words(text: str) -> list[str]:
    """A command in JSON form, run by this Python instead of the image's."""
    given: list[str] = json.loads(text[text.index("[") :])
    return [sys.executable if word == PYTHON else word for word in given]


def build_with_extras(extras: str) -> subprocess.CompletedProcess[str]:
    """The step that adds extras, traced, with pip itself, which has nothing to fetch: all of it is installed here."""
    (run,) = re.findall(r"^RUN (for extra .+)$", DOCKERFILE, re.MULTILINE)
    run = run.replace(PYTHON, shlex.quote(sys.executable)).replace("pip install", "pip install --dry-run --no-index")
    return subprocess.run(  # noqa: S603 - ours
        ["sh", "-xc", run],  # noqa: S607 - of the system
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "EXTRAS": extras},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def image(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """The package where the image has it, the volume, and the environment; everything else is read-only."""
    root = tmp_path / "root"
    shutil.copytree(ROOT / "server" / "call_transcripts_mcp", root / "call_transcripts_mcp")
    (tmp_path / "data").mkdir()
    environment = dict(pair.split("=", 1) for pair in step("ENV").split())
    assert environment["CALL_TRANSCRIPTS_HOME"] == json.loads(step("VOLUME"))[0]
    environment |= {
        "CALL_TRANSCRIPTS_HOME": str(tmp_path / "data"),
        "PYTHONPATH": str(root),
        "HOME": str(tmp_path / "nowhere"),
    }
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        folder.chmod(0o555)
    yield root, environment
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def test_the_image_runs_as_a_user_without_rights_and_holds_no_key() -> None:
    assert step("USER") == "calls"
    assert step("LABEL").endswith(f'"{REGISTRY_NAME}"')
    assert "API_KEY" not in DOCKERFILE
    assert "read_only: true" in COMPOSE


@pytest.mark.parametrize(
    ("extras", "asked"),
    [
        ("", []),
        ("otel", ["otel"]),
        ("clickhouse,otel", ["clickhouse", "otel"]),
        ("otel clickhouse", ["otel", "clickhouse"]),
    ],
)
def test_a_build_argument_adds_extras(extras: str, asked: list[str]) -> None:
    ended = build_with_extras(extras)
    assert ended.returncode == 0, ended.stderr
    locks = re.findall(r"requirements-(\w+)\.lock", ended.stderr)
    assert locks == asked


@pytest.mark.parametrize("extras", ["nonsense", "otel,nonsense", "nonsense,otel"])
def test_an_extra_that_does_not_exist_ends_the_build(extras: str) -> None:
    ended = build_with_extras(extras)
    assert ended.returncode == 1
    assert "requirements-nonsense.lock" in ended.stderr


def test_the_image_serves_a_host_on_stdin_and_writes_to_its_volume_alone(
    tmp_path: Path, image: tuple[Path, dict[str, str]]
) -> None:
    root, environment = image
    before = sorted(root.rglob("*"))
    command, *arguments = words(step("ENTRYPOINT"))

    async def scenario() -> list[str]:
        started = StdioServerParameters(command=command, args=arguments, env=environment, cwd="/")
        async with Client(stdio_client(started)) as client:
            assert not (await client.call_tool("list_calls", {})).is_error
            return [tool.name for tool in (await client.list_tools()).tools]

    assert anyio.run(scenario) == list(tools.NAMES)
    assert sorted(root.rglob("*")) == before
    assert not (tmp_path / "nowhere").exists()


def test_the_image_serves_over_http_and_its_health_check_says_so(
    tmp_path: Path, image: tuple[Path, dict[str, str]]
) -> None:
    _, environment = image
    log = tmp_path / "stderr"
    serve = [*words(step("ENTRYPOINT")), "serve", "--http", "--host", "0.0.0.0", "--port", "0"]  # noqa: S104 - for the test
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(  # noqa: S603 - ours
            serve, env={**environment, "CALL_TRANSCRIPTS_HTTP_TOKEN": TOKEN}, stdin=subprocess.DEVNULL, stderr=stderr
        )
    try:
        port = address_of(process, log).rsplit(":", 1)[1].partition("/")[0]
        check = [word.replace("8765", port) for word in words(re.sub(r"^.*CMD", "", step("HEALTHCHECK")))]
        assert subprocess.run(check, check=False, capture_output=True).returncode == 0  # noqa: S603 - ours
        process.terminate()
        process.wait(20)
        assert subprocess.run(check, check=False, capture_output=True).returncode != 0  # noqa: S603 - ours
    finally:
        process.kill()


@pytest.mark.parametrize(
    "text", [COMPOSE, UNIT, SYNC_UNIT, DOCKERFILE], ids=["compose", "unit", "sync unit", "Dockerfile"]
)
def test_every_variable_that_a_deployment_sets_is_read_by_the_server(text: str) -> None:
    named = set(re.findall(r"CALL_TRANSCRIPTS_[A-Z_]+|[A-Z]+_API_KEY", text))
    assert named
    assert named <= {variable.name for variable in VARIABLES}


@pytest.mark.parametrize(("unit", "arguments"), [(UNIT, "serve --http"), (SYNC_UNIT, "sync --watch")])
def test_a_unit_starts_what_a_clone_has(unit: str, arguments: str) -> None:
    command = re.findall(r"^ExecStart=(\S+) (.+)$", unit, re.MULTILINE)[0]
    assert command == ("/opt/call-transcripts-mcp/.venv/bin/call-transcripts-mcp", arguments)


def test_the_server_and_the_sync_of_a_machine_share_keys_archive_and_user() -> None:
    shared = ("EnvironmentFile", "Environment=CALL_TRANSCRIPTS_HOME", "StateDirectory", "User", "DynamicUser")
    lines = [{line for line in unit.splitlines() if line.startswith(shared)} for unit in (UNIT, SYNC_UNIT)]
    assert lines[0] == lines[1]
    assert len(lines[0]) == len(shared)


def test_the_sync_of_a_deployment_may_end_by_a_signal_with_its_exit_code() -> None:
    assert "SuccessExitStatus=130" in SYNC_UNIT
    assert 'command: ["sync", "--watch"]' in COMPOSE
