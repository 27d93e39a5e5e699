"""A transcript that was masked when it was read is shown without masking its lines again: they would be the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from hostile import Rows, payloads, texts, transcript_pages, transcripts
from hypothesis import given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.masking import mask_transcript
from secret_samples import ALNUM, MASKED

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.transcript import Detail
    from call_transcripts_mcp.model import Transcript

Mode = Literal["secrets", "personal", "off"]

SECRETS = st.sampled_from([text for text, _ in MASKED])
WORDS = texts | SECRETS
NAMES = st.sampled_from(["password", "pin", "user", "Authorization", "note"])
BODIES = payloads | SECRETS | st.dictionaries(NAMES, SECRETS | st.integers(1000, 9999)).map(json.dumps)
SECRET_CALLS = transcripts(Rows(words=WORDS, bodies=BODIES), largest=6)
DETAILS = st.sampled_from(["compact", "full"])


@given(SECRET_CALLS, DETAILS, st.sampled_from(["secrets", "personal", "off"]))
@settings(max_examples=150, deadline=None)
def test_masking_the_lines_of_a_masked_transcript_again_would_change_nothing(
    transcript: Transcript, detail: Detail, mode: Mode
) -> None:
    foreign = Foreign(redactor(mode, [ALNUM[:24]]), by_name=mode != "off")
    once = mask_transcript(transcript, foreign)
    again = replace(once)
    assert (once.masked_by, again.masked_by) == (foreign, None)
    assert transcript_pages(once, foreign, detail, 6000) == transcript_pages(again, foreign, detail, 6000)


@given(SECRET_CALLS)
@settings(max_examples=20, deadline=None)
def test_a_transcript_that_something_else_masked_is_masked_when_it_is_shown(transcript: Transcript) -> None:
    foreign, other = Foreign(redactor("secrets")), Foreign(redactor("off"), by_name=False)
    shown = transcript_pages(mask_transcript(transcript, other), foreign, "full", 6000)
    assert shown == transcript_pages(transcript, foreign, "full", 6000)
