"""The log on stderr, as plain lines and as JSON."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import datetime

import pytest

from call_transcripts_mcp import logs
from call_transcripts_mcp.logs import JsonFormatter, MaskingFormatter
from call_transcripts_mcp.sample import ULTRAVOX_KEY
from call_transcripts_mcp.settings import load, option

SECRET = "sk-proj-9f8e7d6c5b4a39281706f5e4d3c2b1a0"  # noqa: S105 - made up


def crash() -> logging.LogRecord:
    try:
        raise ValueError(f"row with {ULTRAVOX_KEY}\nand a second line " + "x" * 3_000)  # noqa: TRY301 - the crash
    except ValueError:
        return logging.LogRecord("mcp.server", logging.ERROR, "", 0, "failed: %s", ("é\u202e\nhere",), sys.exc_info())


def test_a_record_is_one_json_object_on_one_line() -> None:
    text = JsonFormatter([ULTRAVOX_KEY]).format(crash())

    assert "\n" not in text
    assert text.isascii()
    line = json.loads(text)
    assert list(line) == ["time", "level", "logger", "message", "exception"]
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "mcp.server", "failed: é\nhere")
    assert line["time"].endswith("Z")
    assert datetime.fromisoformat(line["time"]).tzinfo is not None
    assert line["exception"].startswith("Traceback (most recent call last):\n")


def test_json_is_masked_and_clipped_as_the_plain_lines_are() -> None:
    record = crash()
    record.msg, record.args = f"GET https://api.example.com/calls?token={SECRET} with {ULTRAVOX_KEY}", ()
    plain = MaskingFormatter([ULTRAVOX_KEY]).format(record)
    line = json.loads(JsonFormatter([ULTRAVOX_KEY]).format(record))

    assert plain == f"ERROR mcp.server: {line['message']}\n{line['exception']}"
    assert SECRET not in plain
    assert ULTRAVOX_KEY not in plain
    assert "https://api.example.com/calls?..." in line["message"]
    assert max(map(len, line["exception"].splitlines())) <= logs.LINE_LIMIT + 30
    assert "chars)" in line["exception"]


def test_a_record_without_an_exception_has_no_such_member() -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, "Started", (), None)

    assert "exception" not in json.loads(JsonFormatter([]).format(record))


@pytest.mark.parametrize(
    ("environment", "found"),
    [({}, "plain"), ({"CALL_TRANSCRIPTS_LOG_FORMAT": "JSON"}, "json"), ({"CALL_TRANSCRIPTS_LOG_FORMAT": ""}, "plain")],
)
def test_the_variable_chooses_the_format(environment: dict[str, str], found: str) -> None:
    assert load(environment).log_format == found


def test_an_option_replaces_the_variable_and_only_while_its_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALL_TRANSCRIPTS_LOG_FORMAT", "json")
    with option("CALL_TRANSCRIPTS_LOG_FORMAT", "plain"):
        assert load().log_format == "plain"
    assert load().log_format == "json"


def test_what_every_library_logs_and_what_is_told_is_json_in_a_process() -> None:
    script = f"""
import logging
import uvicorn
from mcp.server.mcpserver import MCPServer
from call_transcripts_mcp import logs, settings
logs.configure(settings.load({{"ULTRAVOX_API_KEY": {ULTRAVOX_KEY!r}, "CALL_TRANSCRIPTS_LOG_FORMAT": "json"}}))
MCPServer("x", log_level="INFO")
uvicorn.Config(print, log_config=None)
for name in ("uvicorn.error", "uvicorn.access", "mcp.server.lowlevel", "call_transcripts_mcp.app"):
    logging.getLogger(name).warning("with %s", {ULTRAVOX_KEY!r})
logs.tell("ready")
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - ours

    lines = [json.loads(line) for line in found.stderr.splitlines()]
    assert [line["logger"] for line in lines] == [
        "uvicorn.error", "uvicorn.access", "mcp.server.lowlevel", "call_transcripts_mcp.app", "call_transcripts_mcp",
    ]  # fmt: skip
    assert ULTRAVOX_KEY not in found.stderr
    assert lines[-1]["message"] == "ready"
    assert found.stdout == ""
