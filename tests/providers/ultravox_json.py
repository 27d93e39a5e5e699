"""Messages of Ultravox as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_api import CALL_ID, STAGE_1

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import Reading

MESSAGES = f"/api/calls/{CALL_ID}/messages"
STAGES = f"/api/calls/{CALL_ID}/stages"


def said(index: int | None, text: str, stage: str | None = STAGE_1, **more: object) -> dict[str, object]:
    message: dict[str, object] = {"role": "MESSAGE_ROLE_AGENT", "text": text, **more}
    message |= {"callStageMessageIndex": index} if index is not None else {}
    return message | ({"callStageId": stage} if stage else {})


def texts(reading: Reading) -> list[str]:
    return [message.text for message in reading.messages]
