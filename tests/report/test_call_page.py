"""A call as a page: self-contained, masked, and hostile text stays text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.render.masking import mask_transcript
from call_transcripts_mcp.report.page import script_json
from call_transcripts_mcp.report.pages import call_page
from report_pages import HOSTILE, MASKING, SECRET, assert_self_contained, hostile_call
from sample_transcripts import sample_transcripts

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Message

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)


def test_hostile_text_stays_text_and_secrets_stay_masked() -> None:
    text = call_page(mask_transcript(hostile_call(), MASKING), MASKING)
    page = assert_self_contained(text)
    assert SECRET not in text
    assert "hunter2" not in text
    assert len(page.attributes("script")) == 4  # the data and three of our own
    assert len(page.attributes("style")) == 1
    assert "<script>window.hit=1</script>" in page.visible  # shown, as it was said
    assert "{{ 7*7 }}" in page.visible
    assert not {char for char in text if char in "\u0000\u202e\u2028\ud800"}
    json.loads(page.texts["script"][0])


@pytest.mark.parametrize("place", range(0, 40, 7))
def test_every_line_of_a_call_is_in_its_page(place: int) -> None:
    transcript = sample_transcripts(NOW)[place]
    page = assert_self_contained(call_page(transcript, MASKING, is_sample=True))
    ids = [given["id"] for given in page.attributes("li") if given.get("id")]
    assert len(ids) == len(set(ids))
    results = {one.result_number for one in transcript.tool_calls if one.result_number != one.number}
    shown = [one for one in transcript.messages if one.number not in results or one.text.strip()]
    assert len(ids) >= len(shown)
    for message in transcript.messages:
        assert MASKING.words(message.text) in page.visible
    assert "SAMPLE DATA" in page.visible


def test_links_of_a_page_lead_to_lines_of_it() -> None:
    for transcript in sample_transcripts(NOW):
        page = assert_self_contained(call_page(transcript, MASKING))
        ids = {given["id"] for _, given in page.tags if given.get("id")}
        targets = {(given["href"] or "").removeprefix("#") for given in page.attributes("a")}
        assert targets <= ids
        charts = json.loads(page.texts["script"][0])
        assert {ref for chart in charts.values() for one in chart["series"] for ref in one["refs"]} <= ids
        assert charts.keys() <= ids


def test_headings_and_language_are_right() -> None:
    page = assert_self_contained(call_page(sample_transcripts(NOW)[0], MASKING))
    levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert page.attributes("html") == [{"lang": "en"}]


def test_a_call_without_times_has_no_timeline() -> None:
    transcript = sample_transcripts(NOW)[0]

    def timeless(message: Message) -> Message:
        return replace(message, start_s=None, end_s=None, at=None)

    calls = tuple(replace(one, start_s=None, latency_s=None) for one in transcript.tool_calls)
    bare = replace(transcript, messages=tuple(map(timeless, transcript.messages)), tool_calls=calls)
    page = assert_self_contained(call_page(bare, MASKING))
    assert "there is no timeline" in page.visible
    assert page.attributes("canvas") == []


def test_data_cannot_end_its_script() -> None:
    made = script_json({"a": HOSTILE.replace("\ud800", ""), "b": "]]><!--"})
    assert not set(made) & set("<>&\u2028\u2029")
    assert json.loads(made)["b"] == "]]><!--"
