"""The page of a window in a real browser."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from browser_checks import DESK, PHONE, assert_accessible, assert_no_overflow, tabbed

if TYPE_CHECKING:
    from pathlib import Path

    from browser_checks import Opened


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the sample platform's last month."""
    path: Path = tmp_path_factory.mktemp("week") / "report.html"
    command = [sys.executable, "-m", "call_transcripts_mcp", "report", "--since", "30d", "-o", str(path)]
    subprocess.run(command, env={"PYTHONUTF8": "1"}, check=True, capture_output=True)  # noqa: S603 - this interpreter
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_is_accessible_and_fits(opened: Opened, week: str, size: dict[str, int], dark: bool) -> None:  # noqa: FBT001
    page = opened.show(week, size=size, dark=dark)
    names = page.eval_on_selector_all("canvas", "found => found.map(one => one.id)")
    assert len(names) >= 8
    for name in names:
        assert page.evaluate(f"Chart.getChart({name!r}).getDatasetMeta(0).data.length") > 0
    assert_accessible(page)
    assert_no_overflow(page)


def test_a_cause_opens_to_examples_and_an_example_to_its_call(opened: Opened, week: str) -> None:
    page = opened.show(week)
    cause = page.locator("details.cause").first
    cause.locator("summary").press("Enter")
    link = cause.locator("a").first
    target = (link.get_attribute("href") or "")[1:]
    link.press("Enter")
    page.wait_for_function("id => document.activeElement.id === id", arg=target)
    assert page.is_visible(f"#{target}")
    assert page.evaluate("id => document.getElementById(id).closest('details').open", target)


def test_the_keyboard_reaches_the_parts_of_the_page(opened: Opened, week: str) -> None:
    reached = tabbed(opened.show(week), 150)
    assert reached[0] == "a:Skip to the content"
    assert "a:Causes" in reached
    assert sum(one.startswith("summary:Numbers of") for one in reached) >= 8


def test_printing_opens_what_is_folded(opened: Opened, week: str) -> None:
    page = opened.show(week)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0
    assert page.pdf()[:5] == b"%PDF-"
