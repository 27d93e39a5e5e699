"""Chromium of the system, driven by Playwright; a page that asks for anything or reports an error fails its test."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from browser_checks import NOW, Opened
from playwright.sync_api import sync_playwright

from sample_transcripts import sample_transcripts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    sample_transcripts(NOW)  # read now: Playwright leaves an event loop running, in which nothing else can be run
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path is not None, "Chromium is needed: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Pages that must neither complain nor ask for anything."""
    found = Opened(browser, tmp_path)
    yield found
    for context in browser.contexts:
        context.close()
    assert found.complaints == []
