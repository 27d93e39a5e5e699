"""The page of a call in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser_checks import DESK, NOW, PHONE, assert_accessible, assert_no_overflow, tabbed

from call_transcripts_mcp.render.masking import mask_transcript
from call_transcripts_mcp.report.pages import call_page
from report_pages import MASKING, hostile_call
from sample_transcripts import sample_transcripts

if TYPE_CHECKING:
    from browser_checks import Opened

    from call_transcripts_mcp.model import Transcript


MOST_NUMBERS = 200
"""A table shows this many rows, and says how many there are (templates/parts.html)."""


def worst() -> Transcript:
    """The call with the most failed tool calls."""
    return max(sample_transcripts(NOW), key=lambda one: sum(call.verdict == "failed" for call in one.tool_calls))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_is_accessible_and_fits(opened: Opened, size: dict[str, int], dark: bool) -> None:  # noqa: FBT001
    page = opened.show(call_page(worst(), MASKING, is_sample=True), size=size, dark=dark)
    assert page.evaluate("Chart.getChart('call-timeline').data.datasets.length") > 2
    assert_accessible(page)
    assert_no_overflow(page)


def test_hostile_text_runs_nothing_and_hides_nothing(opened: Opened) -> None:
    page = opened.show(call_page(mask_transcript(hostile_call(), MASKING), MASKING))
    assert page.evaluate("window.hit") is None
    assert "<img src=x onerror=window.hit=1>" in page.inner_text("#call-m1")
    assert page.locator("script").count() == 4
    assert page.locator("img").count() == 0
    assert page.is_visible("#call-m6")
    assert_accessible(page)


def test_the_transcript_is_searched_by_keyboard(opened: Opened) -> None:
    page = opened.show(call_page(worst(), MASKING))
    reached = tabbed(page, 40)
    assert reached[0] == "a:Skip to the content"
    assert {"input#find", "input#only-failures"} <= set(reached)
    page.focus("#find")
    page.keyboard.type("message that nobody said")
    assert page.inner_text("#found").startswith("0 of ")
    page.fill("#find", "")
    page.focus("#only-failures")
    page.keyboard.press("Space")
    shown = page.locator("[data-lines] > li:visible")
    assert shown.count() == page.locator("[data-lines] > li.bad").count() > 0


def test_a_failure_leads_to_its_line(opened: Opened) -> None:
    page = opened.show(call_page(worst(), MASKING))
    link = page.locator(".failures a").first
    target = (link.get_attribute("href") or "")[1:]
    link.press("Enter")
    page.wait_for_function("id => document.activeElement.id === id", arg=target)
    assert page.evaluate("document.querySelector(':target').classList.contains('bad')")


def test_the_numbers_of_the_timeline_stand_in_a_table(opened: Opened) -> None:
    page = opened.show(call_page(worst(), MASKING))
    page.press("details.numbers > summary", "Enter")
    drawn = page.evaluate(
        "Chart.getChart('call-timeline').data.datasets.reduce((sum, one) => sum + one.data.length, 0)"
    )
    assert page.locator("details.numbers tbody tr:visible").count() == min(drawn, MOST_NUMBERS)
