"""The commands as processes of their own: MCP on stdio, signals, pipes, encodings, a terminal, the sample server."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from cli_runs import PROCESS_TIMEOUT_S, WEEK_OPTIONS, answer, process, run, terminal

from call_transcripts_mcp import __version__
from call_transcripts_mcp.sample import KEYS
from first_request import INITIALIZE


def finished(command: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the end: exit code, stdout and stderr, those that are pipes."""
    with command:
        out, err = command.communicate(timeout=PROCESS_TIMEOUT_S)
    return command.returncode, out or "", err or ""


def say(stream: IO[str] | None, line: str) -> None:
    assert stream is not None
    stream.write(line + "\n")
    stream.flush()


def heard(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


@pytest.mark.parametrize("arguments", [(), ("serve",)])
def test_serving_answers_on_stdout_alone_and_ends_with_its_input(arguments: tuple[str, ...]) -> None:
    command = process(*arguments, stdin=subprocess.PIPE)
    say(command.stdin, json.dumps(INITIALIZE))
    first = json.loads(heard(command.stdout))

    code, rest, err = finished(command)

    assert first["id"] == 1
    assert first["result"]["serverInfo"]["version"] == __version__
    assert (code, rest, err) == (0, "", "")


def test_ctrl_c_ends_serving_at_once_though_the_input_stays_open() -> None:
    with process(stdin=subprocess.PIPE) as command:
        say(command.stdin, json.dumps(INITIALIZE))
        heard(command.stdout)

        command.send_signal(signal.SIGINT)

        assert command.wait(PROCESS_TIMEOUT_S) == 130
        assert heard(command.stderr) == ""


def test_an_input_that_was_never_open_ends_serving_quietly() -> None:
    command = subprocess.Popen(
        ["/bin/sh", "-c", '"$0" -m call_transcripts_mcp <&-', sys.executable],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    assert finished(command) == (0, "", "")


def test_a_person_at_a_terminal_is_told_what_it_waits_for() -> None:
    with terminal() as (theirs, _), process(stdin=theirs) as command:
        line = heard(command.stderr)
        command.send_signal(signal.SIGINT)

        assert "speaks MCP on stdin" in line
        assert "--help" in line
        assert command.wait(PROCESS_TIMEOUT_S) in {130, -signal.SIGINT}


def test_the_way_to_the_first_answer_loads_nothing_for_people() -> None:
    loaded = (
        "import sys; from call_transcripts_mcp import settings, logs; import call_transcripts_mcp.cli.commands;"
        "logs.configure(settings.load({}));"
        "print(*{'rich', 'uvicorn', 'httpx', 'mcp', 'call_transcripts_mcp.redaction', 'call_transcripts_mcp.sample'}"
        " & set(sys.modules))"
    )

    found = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)  # noqa: S603

    assert (found.stdout, found.stderr) == ("\n", "")


@pytest.mark.parametrize("shape", [(), ("--json",)])
def test_a_reader_that_has_left_ends_a_command_quietly(shape: tuple[str, ...], keys: dict[str, str]) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = process("calls", "--limit", "5", *shape, env=keys, stdout=write_end)
    os.close(write_end)

    assert finished(command) == (0, "", "")


COMMANDS = [
    "calls --limit 2",
    "calls --limit 1 --json",
    "failures",
    "search table",
    "archive --json",
    "sync --since 1h --provider diga --json",
    "--help",
]


@pytest.mark.parametrize("line", COMMANDS)
def test_closed_and_full_streams_end_in_no_traceback(line: str, keys: dict[str, str], tmp_path: Path) -> None:
    env = {**os.environ, **keys, "CALL_TRANSCRIPTS_HOME": str(tmp_path)}
    command = f"{shlex.quote(sys.executable)} -m call_transcripts_mcp {line}"

    def shell(rest: str) -> tuple[int, str, str]:
        with subprocess.Popen(  # noqa: S602 - the shell closes a stream before the command is there
            f"{command} {rest}", shell=True, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as started:
            out, err = started.communicate(timeout=PROCESS_TIMEOUT_S)
        return started.returncode, out, err

    code, out, _ = shell("2>&-")
    assert (code, bool(out)) == (0, True)
    assert shell(">&-") == (0, "", "")
    if Path("/dev/full").exists():
        assert shell(">/dev/full") == (
            1, "", "call-transcripts-mcp: the output could not be written: No space left on device.\n",
        )  # fmt: skip


def test_ctrl_c_during_a_reading_ends_it_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PROCESS_TIMEOUT_S)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = process("failures", env={"DIGA_API_KEY": "a-key", "DIGA_BASE_URL": url})
        connection, _ = silent.accept()
        with connection:
            connection.settimeout(PROCESS_TIMEOUT_S)
            connection.recv(1)  # it has asked, and waits for an answer

            command.send_signal(signal.SIGINT)

            assert finished(command) == (130, "", "")


@pytest.mark.parametrize("shape", [(), ("--json",)])
def test_what_an_encoding_lacks_is_shown_as_an_escape(shape: tuple[str, ...], keys: dict[str, str]) -> None:
    arguments = ("calls", "--limit", "12", *shape)

    found = finished(process(*arguments, env=keys | {"PYTHONUTF8": "0", "PYTHONIOENCODING": "shift_jis"}))

    code, out, err = found
    assert (code, err, out.isascii()) == (0, "", True)
    expected = answer(*arguments, env=keys)
    if shape:
        assert json.loads(out) == json.loads(expected)
    else:
        assert out == expected.replace("\xb7", r"\xb7")


def test_progress_is_shown_on_a_terminal_and_never_among_the_answer(keys: dict[str, str]) -> None:
    with terminal() as (theirs, shown):
        command = process("failures", *WEEK_OPTIONS, env=keys | {"TERM": "xterm-256color"}, stderr=theirs)
        code, out, _ = finished(command)

        assert code == 0
        assert "calls read" in shown()
    assert out == answer("failures", *WEEK_OPTIONS, env=keys)


def test_a_command_on_a_terminal_is_in_colour(keys: dict[str, str]) -> None:
    with terminal() as (theirs, shown):
        command = process("calls", "--limit", "1", env=keys | {"TERM": "xterm-256color"}, stdout=theirs)
        code, _, err = finished(command)

        assert (code, err) == (0, "")
        assert "\x1b[36m" in shown()


def test_the_sample_server_prints_what_to_set_answers_and_ends_with_ctrl_c() -> None:
    with process("sample", "--port", "0", "--calls", "60", "--seed", "3") as command:
        lines = "".join(heard(command.stdout) for _ in KEYS)
        env = dict(word.split("=", 1) for word in lines.replace("export ", "").split())

        listed = json.loads(answer("calls", "--limit", "100", "--json", env=env))
        command.send_signal(signal.SIGINT)

        assert set(env) == {f"{name.upper()}_{setting}" for name in KEYS for setting in ("API_KEY", "BASE_URL")}
        assert env["ULTRAVOX_BASE_URL"].startswith("http://127.0.0.1:")
        assert (len(listed["calls"]), listed["is_sample"]) == (60, False)
        assert command.wait(PROCESS_TIMEOUT_S) == 130
        assert command.stderr is not None
        assert command.stderr.read() == "The sample platform is running; press Ctrl-C to stop it.\n"


def test_faults_of_the_sample_server_are_met_on_the_wire() -> None:
    with process("sample", "--port", "0", "--unavailable", "1") as command:
        lines = heard(command.stdout) + heard(command.stdout)
        url = dict(word.split("=", 1) for word in lines.replace("export ", "").split())["DIGA_BASE_URL"]
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
            connection.sendall(b"GET /v1/call/ HTTP/1.1\r\nHost: here\r\n\r\n")
            assert b" 503 " in connection.recv(64)
        command.terminate()


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = run("sample", "--port", str(port))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"call-transcripts-mcp: port {port} of 127.0.0.1 is in use. Choose another with --port, or 0 for any.\n"
    )


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("call", " Did you mean calls?"),
        ("failure", " Did you mean failures?"),
        ("serch", " Did you mean search or serve?"),
        ("xyzzy", ""),
    ],
)
def test_an_unknown_command_is_a_usage_error_that_suggests_the_nearest(typed: str, suggestion: str) -> None:
    result = run(typed)

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: No such command '{typed}'.{suggestion}"


@pytest.mark.parametrize("is_on_path", [True, False])
def test_the_demo_ends_with_a_command_that_can_be_typed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_on_path: bool
) -> None:
    launcher = tmp_path / "call-transcripts-mcp"
    launcher.touch(0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    printed = answer("demo", env={"PATH": str(tmp_path if is_on_path else tmp_path / "nothing")})

    command = launcher.name if is_on_path else str(launcher)
    assert printed.splitlines()[-1].endswith(f"run `{command} check`, and add `{command}` to your MCP host.")
