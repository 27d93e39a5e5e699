"""archive remask: a masking mode that became stricter is applied to what is on the disk."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cli_runs import answer, engine_of, run

from call_transcripts_mcp import settings
from call_transcripts_mcp.analysis import RULES_VERSION
from call_transcripts_mcp.archive.base import LineFilter, Selection
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.cli.archive import remasking
from call_transcripts_mcp.model import Call, CallStatus, Message, Role, Transcript
from call_transcripts_mcp.render.foreign import AS_IT_IS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from call_transcripts_mcp.archive.copying import CopyProgress

SPACE = "ultravox-0123456789"
WORD = "zebracornflower"
CALLS = 7


@pytest.fixture
def kept(env: dict[str, str]) -> dict[str, str]:
    """An archive that was filled with nothing masked, under a key that is not set any more."""
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    said = Message(1, Role.USER, "user", f"Write to {WORD}@example.com tonight")
    calls = [
        Transcript(Call("ultravox", f"call-{number}", CallStatus.ENDED, created_at=at), (said,), ())
        for number in range(CALLS)
    ]
    with closing(engine_of(env)) as engine:
        engine.put(SPACE, [call_rows(call, AS_IT_IS, MASKING["off"]) for call in calls])
    return env | {"CALL_TRANSCRIPTS_REDACT": "personal"}


def bytes_of(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def hits(env: Mapping[str, str], word: str) -> int:
    with closing(engine_of(env)) as engine:
        return len(engine.search(((word,),), Selection(), LineFilter(), before=None, limit=100))


def test_what_a_stricter_mode_masks_leaves_the_disk_and_the_index(kept: dict[str, str], home: Path) -> None:
    assert WORD.encode() in bytes_of(home)

    assert answer("archive", "remask", env=kept) == (
        f'{CALLS} calls masked again as "personal" asks. The old text is gone from the archive.\n'
    )

    assert WORD.encode() not in bytes_of(home)
    assert (hits(kept, WORD), hits(kept, "tonight")) == (0, CALLS)
    with closing(engine_of(kept)) as engine:
        assert engine.state().spaces[0].personal == CALLS
        assert engine.check() == []
    assert answer("archive", "remask", env=kept) == 'All archived calls are already masked as "personal" asks.\n'


def test_a_looser_mode_changes_nothing(kept: dict[str, str], home: Path) -> None:
    answer("archive", "remask", env=kept)
    looser = kept | {"CALL_TRANSCRIPTS_REDACT": "secrets"}

    assert answer("archive", "remask", env=looser) == 'All archived calls are already masked as "secrets" asks.\n'
    assert WORD.encode() not in bytes_of(home)


def test_a_run_that_was_cut_off_is_finished_by_the_next(
    kept: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remasking, "BATCH_CALLS", 3)

    def cut_off(progress: CopyProgress) -> None:
        if progress.copied > 3:
            raise KeyError("cut off")

    with pytest.raises(KeyError, match="cut off"):
        remasking.mask_again(settings.load(kept), cut_off)
    assert hits(kept, WORD) == 1

    assert answer("archive", "remask", env=kept).startswith("1 call masked again")
    assert WORD.encode() not in bytes_of(home)


def test_an_archive_that_is_turned_off_is_told(kept: dict[str, str]) -> None:
    result = run("archive", "remask", env=kept | {"CALL_TRANSCRIPTS_ARCHIVE": "off"})

    assert (result.exit_code, result.stdout) == (1, "")
    assert "The archive is turned off." in result.stderr


def test_calls_of_older_rules_are_judged_anew_too(kept: dict[str, str]) -> None:
    answer("archive", "remask", env=kept)
    with closing(engine_of(kept)) as engine:
        call = Transcript(Call("ultravox", "older", CallStatus.ENDED), (Message(1, Role.USER, "user", "hello"),), ())
        rows = call_rows(call, AS_IT_IS, MASKING["personal"])
        engine.put(SPACE, [replace(rows, rules_version=RULES_VERSION - 1)])

    assert answer("archive", "remask", env=kept).startswith("1 call masked again")
    with closing(engine_of(kept)) as engine:
        assert engine.outdated(Selection(), rules_version=RULES_VERSION) == []
