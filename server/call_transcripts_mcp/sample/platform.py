"""What a platform's folder provides to the application: one `PLATFORM` in its `routes.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from call_transcripts_mcp.sample.calls import SampleCalls


@dataclass(frozen=True, slots=True)
class Platform:
    """One vendor's read API over the sample calls.

    Attributes:
        prefixes: what the paths of its endpoints begin with; tells whose error answers a path without a route.
        routes: all endpoints. Each checks the key itself, as the vendor does.
        unknown_path: the vendor's answer to a path that it does not have.
        wrong_method: its answer to a method that an endpoint does not take.
    """

    prefixes: tuple[str, ...]
    routes: Callable[[SampleCalls], list[Route]]
    unknown_path: Callable[[Request], Response]
    wrong_method: Callable[[Request], Response]
