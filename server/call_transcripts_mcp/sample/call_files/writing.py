"""The folder of call files that `sample --files` writes: each shape once or twice, and a file with many calls."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.sample import DEFAULT_CALLS
from call_transcripts_mcp.sample.call_files import shapes
from call_transcripts_mcp.sample.calls import SampleCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from call_transcripts_mcp.sample.call_files.shapes import Json
    from call_transcripts_mcp.sample.conversation import Conversation

    Shape = Json | list[Json]

MANY: Final = 24
"""How many generated calls the file with many calls holds."""
# By the name of a file: the hand-written calls in it, `MANY` generated ones where none is named; what makes it of
# them, and its shape in words.
_FILES: Final[dict[str, tuple[tuple[str, ...], Callable[[Conversation], Shape], str]]] = {
    "livekit/private-dining.json": (("lumbre-private-dining",), shapes.livekit_report, "LiveKit session report"),
    "livekit/two-flats.json.gz": (("fenwick-outage-parallel",), shapes.livekit_report, "the same, compressed"),
    "pipecat/payment-plan.json": (("fenwick-no-result",), shapes.pipecat_context, "Pipecat context"),
    "pipecat/proof-of-delivery.jsonl": (("heron-photo-proof",), shapes.pipecat_events, "Pipecat function calls"),
    "openai/glass-claim.json": (("quill-glass-claim",), shapes.chat, "OpenAI chat messages"),
    "openai/late-checkout.json": (("larkspur-late-checkout",), shapes.items, "OpenAI Responses items"),
    "openai/vouchers.jsonl.gz": (("lumbre-traceback",), shapes.realtime_events, "OpenAI Realtime events, compressed"),
    "chat-loop/two-calls.jsonl": (
        ("lumbre-terrace-twice", "lumbre-birthday-cake"),
        shapes.chat_lines,
        "chat messages as JSON Lines",
    ),
    "chat-loop/many-calls.json": ((), shapes.dated_chat, "an array of chats"),
    "vcon/slot-timeout.vcon.json": (("tern-slot-timeout",), shapes.vcon, "vCon"),
}


@dataclass(frozen=True, slots=True)
class CallFile:
    """A file of the folder.

    Attributes:
        name: relative to the folder, with slashes.
        shape: in words.
        conversations: the calls in it.
        body: its bytes.
    """

    name: str
    shape: str
    conversations: tuple[Conversation, ...]
    body: bytes

    @property
    def ended(self) -> datetime:
        """The end of its last call, which becomes the time of the file."""
        return max(one.ended or one.header.created for one in self.conversations)


def call_files(now: datetime, seed: int) -> tuple[CallFile, ...]:
    """All files; the same `now` and `seed` give the same bytes."""
    calls = SampleCalls(DEFAULT_CALLS + MANY, seed, now)
    found = {one.header.key: one for one in map(calls.conversation, range(DEFAULT_CALLS))}
    many = tuple(map(calls.conversation, range(DEFAULT_CALLS, DEFAULT_CALLS + MANY)))
    made: list[CallFile] = []
    for name, (keys, shape, words) in _FILES.items():
        conversations = tuple(found[key] for key in keys) or many
        made.append(CallFile(name, words, conversations, _body(name, [shape(one) for one in conversations])))
    return tuple(made)


def _body(name: str, shaped: list[Shape]) -> bytes:
    """The text of a file: lines, an array, or the one object; compressed if its name says so."""
    if ".jsonl" in name:
        lines = (line for one in shaped for line in (one if isinstance(one, list) else [one]))
        text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    else:
        text = json.dumps(shaped if len(shaped) > 1 else shaped[0], ensure_ascii=False, indent=1) + "\n"
    body = text.encode()
    return gzip.compress(body, mtime=0) if name.endswith(".gz") else body


def write(folder: Path, files: Iterable[CallFile]) -> None:
    """Write the files, each with the end of its last call as its time, so that none looks as if it still grew.

    Raises:
        ConfigurationError: one of them is there already, and nothing was written; or the folder cannot be written to.
    """
    paths = [(folder.joinpath(*file.name.split("/")), file) for file in files]
    for path, _ in paths:
        if os.path.lexists(path):
            raise ConfigurationError(f"{path} exists already, so nothing was written. Choose another folder.")
    try:
        for path, file in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as opened:  # a file that came up in between is not overwritten either
                opened.write(file.body)
            os.utime(path, (file.ended.timestamp(), file.ended.timestamp()))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise ConfigurationError(f"{folder} cannot be written to ({why}). Choose another folder.") from None
