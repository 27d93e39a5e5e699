"""Starts the export of telemetry, if the variables ask for it and the extra is installed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from call_transcripts_mcp.telemetry import record

if TYPE_CHECKING:
    from collections.abc import Collection

    from call_transcripts_mcp.telemetry.variables import Telemetry

logger = logging.getLogger(__name__)


def start(asked: Telemetry, *, service: str, version: str, names: Collection[str]) -> None:
    """Record and export from now on; the log names variables that cannot be followed.

    Args:
        asked: what the variables ask for.
        service: the name of this service, if no variable names it.
        version: of this server.
        names: of tools and prompts, which may stand in the names of spans.
    """
    for problem in asked.problems:
        logger.warning("%s", problem)
    if not (asked.traces or asked.metrics):
        return
    try:
        from call_transcripts_mcp.telemetry.export import otlp_recorder  # noqa: PLC0415 - the extra may be missing
    except ImportError:
        logger.warning(
            "Variables of OpenTelemetry are set, but its SDK is not installed, so no traces and metrics are exported. "
            'Run: pip install "call-transcripts-mcp[otel]"'
        )
        return
    record.use(otlp_recorder(asked, service=service, version=version, names=names))
