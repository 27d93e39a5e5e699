"""Takes the pictures of docs/report.md: `python tests/browser/screenshots.py FOLDER-WITH-report.html-AND-call.html`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent.parent.parent / "docs"
SIZES = (("desk", 1100, 1000, "light"), ("phone", 390, 844, "dark"))


def main(folder: str) -> None:
    """Write a picture of each page at each size."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, part in (("report", "#pictures"), ("call", "h1")):
            for size, width, height, scheme in SIZES:
                viewport = {"width": width, "height": height}
                page = browser.new_page(viewport=viewport, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
                page.goto(Path(folder, f"{name}.html").resolve().as_uri())
                page.evaluate("part => document.querySelector(part).scrollIntoView()", part)
                page.screenshot(path=DOCS / f"{name}-{size}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
