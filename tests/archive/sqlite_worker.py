"""A process of its own on an archive's file, told by its arguments what to do and by its input when.

`python sqlite_worker.py WORK FILE NAME`; each line that it prints says that something is done.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import zlib
from itertools import count
from pathlib import Path

from call_transcripts_mcp.archive.base import CallRows, FailureRow, Line, LineFilter, Selection, ToolRow
from call_transcripts_mcp.archive.sqlite.engine import open_sqlite
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.model import Verdict

SPACE = "acme-0123456789"
BATCH = 5
LINES = 40


def call_of(name: str, number: int) -> CallRows:
    """A call whose every part says which it is."""
    words = f"{name} {number} would like a table for tonight"
    lines = [Line(at, "user" if at % 2 else "agent", words, words) for at in range(1, LINES + 1)]
    return CallRows(
        id=f"{name}-{number:06d}",
        created_ms=1_780_000_000_000 + number * 977,
        agent_id="host",
        agent_words="the host",
        message_count=LINES,
        masking=1,
        call=f'{{"provider":"acme","id":"{name}-{number:06d}"}}',
        transcript=zlib.compress(json.dumps({"messages": {}, "gaps": [f"{name} {number}" * 400]}).encode(), 0),
        lines=lines,
        tools=[ToolRow("book", {Verdict.FAILED: 1}, (0.5,))],
        failures=[FailureRow(2, "book", "<n> is full", "unknown", Verdict.FAILED, None, recovered=False, detail="{}")],
    )


def batch_of(name: str, number: int) -> list[CallRows]:
    """The calls of one transaction."""
    return [call_of(name, number * BATCH + at) for at in range(BATCH)]


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _open(file: Path, name: str) -> None:
    """Open when told to, which may be when others do."""
    _say("ready")
    sys.stdin.readline()
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of(name, 1)])
    _say(f"{engine.salt().hex()} {engine.notices}")
    sys.stdin.readline()
    engine.close()


def _write(file: Path, name: str) -> None:
    """Batch after batch, each said once it is kept, until killed or told to stop."""
    engine = open_sqlite(file)
    for number in count():
        engine.put(SPACE, batch_of(name, number), [(number * 1000, number * 1000 + 999)])
        _say(str(number))
        if name.startswith("some") and number == 19:
            break
    engine.close()


def _read(file: Path, _name: str) -> None:
    """Question after question until told to stop; what is seen must be whole calls, and never fewer."""
    engine = open_sqlite(file)
    _say("ready")
    seen = 0
    for _ in range(150):
        calls = len(engine.calls(Selection()))
        assert calls % BATCH == 0
        assert calls >= seen
        assert len(engine.search((("table",),), Selection(), LineFilter(), before=None, limit=20)) in (0, 20)
        seen = calls
    _say(f"read {seen}")
    engine.close()


def _hold(file: Path, _name: str) -> None:
    """Hold the lock of the file until told to let go."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    _say("held")
    sys.stdin.readline()
    connection.execute("ROLLBACK")
    connection.close()


def _fork(file: Path, _name: str) -> None:
    """Put from a child that inherits an engine in use."""
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of("parent", 1)])
    child = os.fork()
    if child == 0:
        engine.put(SPACE, [call_of("child", 1)])
        engine.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    engine.put(SPACE, [call_of("parent", 2)])
    _say(f"{len(engine.calls(Selection()))} {engine.check()}")
    engine.close()


def _denied(_file: Path, name: str) -> None:
    """Open as a user who may only read; root, who may do all, becomes nobody for it."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "calls.db"
        Path(directory).chmod(0o755)
        open_sqlite(file).close()
        file.chmod(0o444)
        Path(directory).chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65_534)
        try:
            open_sqlite(file if name == "file" else file.with_name("new.db"))
        except ArchiveError as error:
            _say(str(error).replace(str(file.parent), "PLACE"))
        finally:
            os.seteuid(user)
            Path(directory).chmod(0o755)


if __name__ == "__main__":
    {"open": _open, "write": _write, "read": _read, "hold": _hold, "fork": _fork, "denied": _denied}[sys.argv[1]](
        Path(sys.argv[2]), sys.argv[3]
    )
