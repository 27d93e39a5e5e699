"""Configures the log on stderr: plain lines without keys, response bodies or URL queries.

stdout is for the protocol only. A crash is logged with its traceback, whose last line may quote the data that
caused it, so every line is masked and shortened.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from call_transcripts_mcp.settings import Settings

LINE_LIMIT = 500
_QUERY = re.compile(r"(https?://[^\s?\"'<>]*)\?[^\s\"'<>]*")


class MaskingFormatter(logging.Formatter):
    """Masks secrets, drops the query of URLs, and cuts long lines."""

    def __init__(self, known_secrets: list[str]) -> None:
        """Mask these secrets everywhere."""
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._known_secrets = known_secrets

    def format(self, record: logging.LogRecord) -> str:
        """Format one record, with its traceback."""
        from call_transcripts_mcp.redaction.redactor import redactor  # noqa: PLC0415 - most runs log nothing
        from call_transcripts_mcp.text import INVISIBLE, clip  # noqa: PLC0415 - as above

        redact = redactor("secrets", self._known_secrets)
        text = _QUERY.sub(r"\1?...", redact(INVISIBLE.sub("", super().format(record))))
        return "\n".join(clip(line, LINE_LIMIT) for line in text.splitlines())


def configure(settings: Settings) -> None:
    """Log to stderr in our format, instead of the SDK's."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter(settings.secrets))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore"):  # at INFO they print whole URLs
        logging.getLogger(noisy).setLevel(logging.WARNING)
