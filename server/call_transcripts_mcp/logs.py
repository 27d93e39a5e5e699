"""Configures the log on stderr: without keys, response bodies or URL queries, in plain lines or as JSON.

stdout is for the protocol only. A crash is logged with its traceback, whose last line may quote the data that
caused it, so every line is masked and shortened.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
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
        return self._masked(super().format(record))

    def _masked(self, text: str) -> str:
        from call_transcripts_mcp.redaction.redactor import redactor  # noqa: PLC0415 - most runs log nothing
        from call_transcripts_mcp.text import INVISIBLE, clip  # noqa: PLC0415 - as above

        redact = redactor("secrets", self._known_secrets)
        text = _QUERY.sub(r"\1?...", redact(INVISIBLE.sub("", text)))
        return "\n".join(clip(line, LINE_LIMIT) for line in text.splitlines())


class JsonFormatter(MaskingFormatter):
    """The same as one JSON object a line: time, level, logger, message, and of a crash the traceback as exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {
            "time": at,
            "level": record.levelname,
            "logger": record.name,
            "message": self._masked(record.getMessage()),
        }
        raised = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        stack = self.formatStack(record.stack_info) if record.stack_info else ""
        if text := "\n".join(filter(None, (raised, stack))):
            line["exception"] = self._masked(text)
        return json.dumps(line)  # in ASCII, since an escape of stderr's own would not be JSON


def configure(settings: Settings) -> None:
    """Log to stderr in our format, instead of the SDK's."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = JsonFormatter if settings.log_format == "json" else MaskingFormatter
    handler.setFormatter(formatter(settings.secrets))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore"):  # at INFO they print whole URLs
        logging.getLogger(noisy).setLevel(logging.WARNING)


def tell(line: str, *, level: int = logging.INFO) -> None:
    """Tell whoever runs this process something, whatever is logged: a bare line on stderr, or one of the JSON log.

    Args:
        line: without secrets.
        level: of the JSON line.
    """
    for handler in logging.root.handlers:
        if isinstance(handler.formatter, JsonFormatter):
            handler.handle(logging.LogRecord(__package__ or "", level, "", 0, line, (), None))
            return
    if sys.stderr is not None:  # None without a console
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - see above
