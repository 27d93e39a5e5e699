"""Puts a page together: one file that asks for nothing, and runs no script but its own.

The style and the scripts stand in the page; the Content-Security-Policy allows them by their hashes, and nothing else.
Text from calls is escaped by the templates, and data for the charts is JSON that no `</script>` can end.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from call_transcripts_mcp import __version__
from call_transcripts_mcp.render import units

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATIC = Path(__file__).parent / "static"
_STYLE = "report.css"
_SCRIPTS = ("chart.umd.min.js", "charts.js", "page.js")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def page(template: str, charts: Mapping[str, object], **values: Any) -> str:  # noqa: ANN401 - what the template shows
    """A whole page.

    Args:
        template: its name.
        charts: by the name of a canvas, what is drawn there, see `charts.Chart`.
        values: for the template; text from calls must be masked and folded by `Foreign`.
    """
    style, scripts = _static(_STYLE), [_static(name) for name in _SCRIPTS]
    return (
        _templates()
        .get_template(template)
        .render(
            policy=_policy(style, scripts),
            style=Markup(style),  # noqa: S704 - our own files
            scripts=[Markup(script) for script in scripts],  # noqa: S704
            charts=Markup(script_json(charts)),  # noqa: S704 - escaped
            version=__version__,
            **values,
        )
    )


def script_json(value: object) -> str:
    """JSON for a `script` element: it has no character that could end the element or start a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(_ESCAPES.get(char, char) for char in text)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader(__package__ or ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"clock": units.clock, "latency": units.latency, "moment": units.moment}
    return made


@cache
def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8").strip()


def _policy(style: str, scripts: list[str]) -> str:
    """The Content-Security-Policy: the page's own style and scripts by hash, an empty icon, and nothing else."""
    rules = {
        "default-src": ["'none'"],
        "script-src": [_hash(script) for script in scripts],
        "style-src": [_hash(style)],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
