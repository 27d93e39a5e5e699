"""Opens pages in a browser, and what every page must pass there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Request

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
_SERIOUS = {"serious", "critical"}


@dataclass
class Opened:
    """Opens pages from files, and notes what they ask for and complain about."""

    browser: Browser
    folder: Path
    complaints: list[str] = field(default_factory=list[str])

    def show(self, text: str, *, size: dict[str, int] | None = None, dark: bool = False) -> Page:
        path = self.folder / f"page-{len(list(self.folder.iterdir()))}.html"
        path.write_text(text, encoding="utf-8")
        context = self.browser.new_context(
            viewport=size or DESK,  # pyright: ignore[reportArgumentType] - a plain dictionary is one
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

        def asked(request: Request) -> None:
            if request.url.partition("#")[0] not in {path.as_uri(), "data:,"}:
                self.complaints.append(f"request: {request.url[:200]}")

        page.on("request", asked)
        page.goto(path.as_uri())
        return page


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing serious, contrast included."""
    found = cast("Any", Axe()).run(page).response
    assert found["passes"]
    serious = [
        f"{one['id']} {node['target']}: {node['failureSummary'][:300]}"
        for one in found["violations"]
        if one["impact"] in _SERIOUS
        for node in one["nodes"][:3]
    ]
    assert serious == []


def assert_no_overflow(page: Page) -> None:
    """Nothing has to be scrolled sideways but what scrolls by itself."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def tabbed(page: Page, times: int) -> list[str]:
    """What the tab key reaches, in order."""
    reached: list[str] = []
    for _ in range(times):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(() => { const one = document.activeElement; const tag = one.tagName.toLowerCase();"
                " return one.id ? `${tag}#${one.id}` : `${tag}:${one.textContent.trim().slice(0, 60)}` })()"
            )
        )
    return reached
