"""The pages: what was found as one self-contained HTML file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.report.call import call_view, timeline
from call_transcripts_mcp.report.charts import Charts
from call_transcripts_mcp.report.page import page

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Transcript
    from call_transcripts_mcp.render.foreign import Foreign


def call_page(transcript: Transcript, foreign: Foreign, *, is_sample: bool = False, now: datetime | None = None) -> str:
    """One call: failures and a timeline, with the transcript beside them.

    Args:
        transcript: already masked.
        foreign: masks and folds its text.
        is_sample: the call is made up, and the page says so.
        now: the time to write into the page; defaults to the current one.
    """
    charts = Charts()
    shown = charts.add(timeline(transcript, foreign))
    return page(
        "call.html",
        charts.drawn(),
        call=call_view(transcript, foreign),
        timeline=shown,
        is_sample=is_sample,
        made_at=units.moment(now or datetime.now(UTC)),
    )
