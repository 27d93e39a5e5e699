from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sample_client import NOW

from call_transcripts_mcp.sample import create_app

if TYPE_CHECKING:
    from starlette.applications import Starlette


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def app() -> Starlette:
    """The default fleet at a fixed moment; tests that count requests or set dials build their own."""
    return create_app(now=NOW)
