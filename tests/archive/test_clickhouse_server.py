"""ClickHouse over HTTP: what goes over the wire, and every way in which a server can be away."""

from __future__ import annotations

import logging
import socket
import socketserver
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from clickhouse_over_http import Server, clickhouse_over_http
from kept_calls import ACME, ANY_LINE, EVERYWHERE, NOON_MS, kept, minute, phrases, transcript, used, user

from call_transcripts_mcp.archive import archive as door
from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.clickhouse.engine import open_clickhouse
from call_transcripts_mcp.errors import ArchiveBusyError, ArchiveError
from call_transcripts_mcp.findings.failures import Scope
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator

    from call_transcripts_mcp.archive.base import Engine

pytestmark = pytest.mark.anyio

PASSWORD = "open sesame/@:%"  # noqa: S105 - of a server of these tests
IN_URL = "open%20sesame%2F%40%3A%25"


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with clickhouse_over_http(tmp_path_factory.mktemp("clickhouse"), password=PASSWORD) as found:
        found.url = found.url.replace(PASSWORD, IN_URL)
        yield found


@pytest.fixture
def server(shared_server: Server, request: pytest.FixtureRequest) -> Generator[Server]:
    """With a database for each test."""
    url = shared_server.url
    shared_server.url = f"{url.rpartition('/')[0]}/{request.node.name[:60].rstrip('[')}"
    shared_server.statements.clear()
    yield shared_server
    shared_server.url = url
    shared_server.fails_with, shared_server.is_away = 0, False


@pytest.fixture
def engine(server: Server) -> Generator[Engine]:
    with closing(open_clickhouse(server.url)) as found:
        yield found


def test_a_server_is_asked_over_http_as_the_engine_in_process_is(engine: Engine) -> None:
    calls = [
        kept(transcript("one", user("A pear, please"), used("book", Verdict.FAILED, "no table left", latency_s=2.5))),
        kept(transcript("two", user("pear"), created=minute(5))),
    ]
    engine.put(ACME, calls, [(1, 2)])
    back = engine.transcript(Key(ACME, "one"))
    assert back is not None
    assert (back.call, back.transcript) == (calls[0].call, calls[0].transcript)
    hits = engine.search(phrases("pear"), EVERYWHERE, ANY_LINE, before=None, limit=9)
    assert [(hit.key.id, hit.text) for hit in hits] == [("two", "pear"), ("one", "A pear, please")]
    tally = engine.failures(EVERYWHERE)
    assert [(cause.tool, cause.count, cause.failures[0].error) for cause in tally.causes] == [
        ("book", 1, "no table left")
    ]
    assert tally.stats[0].latencies_s == [2.5]
    assert engine.state().spaces[0].covered == ((1, 2),)
    assert engine.state().place.endswith("process_is")
    assert engine.purge(EVERYWHERE) == 2
    assert engine.check() == []


def test_thousands_of_keys_go_into_the_body_in_parts(engine: Engine) -> None:
    """The server that is played refuses long URLs and long fields, as a real one does."""
    engine.put(ACME, [kept(transcript("one", user("pear")))])
    keys = [Key(ACME, f"{number:036d}") for number in range(6_000)]
    assert [facts.key.id for facts in engine.calls(Selection(keys=[*keys, Key(ACME, "one")]))] == ["one"]
    assert engine.purge(Selection(keys=[*keys, Key(ACME, "one")])) == 1


HOSTILE = [
    "'",
    '"',
    "\\",
    "\\'",
    "a\tb\nc\rd\0e",
    "{nobody:String}",
    "'; DROP TABLE kept_calls; --",
    "\\N",
    "%s",
    "🦀 Ж",
    "x" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_is_never_part_of_a_statement(server: Server, text: str) -> None:
    with closing(open_clickhouse(server.url.rpartition("/")[0] + "/hostile")) as engine:
        engine.put(ACME, [kept(transcript(text, user("pear"), agent_id=text))])
        assert engine.transcript(Key(ACME, text)) is not None
        assert [facts.key.id for facts in engine.calls(Selection(keys=[Key(ACME, text)]))] == [text]
        assert engine.calls(Selection(spaces=[text], agent=text)) == []
        assert engine.search(((text,), (text, text)), EVERYWHERE, ANY_LINE, before=None, limit=9) == []
        engine.bind(text, ACME, "acme")
        assert engine.space_of(text) == ACME
        assert engine.failures(EVERYWHERE, scope=Scope((text,))).stats == ()
        assert engine.purge(Selection(keys=[Key(ACME, text)]), forever=True) == 1
        assert engine.kept_ids(ACME, None, None, masking=2, forgotten=True) >= {text}
    words = text if len(text) > 3 else "no such words"
    assert not any(words in statement for statement in server.statements)


def test_a_lone_surrogate_is_written_as_a_question_mark(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one\ud800", user("pear \ud800")))])
    assert engine.transcript(Key(ACME, "one\ud800")) is not None
    assert [facts.key.id for facts in engine.calls(EVERYWHERE)] == ["one?"]


def test_many_threads_ask_and_put_at_once(engine: Engine) -> None:
    def work(number: int) -> int:
        engine.put(ACME, [kept(transcript(f"c{number}", user("pear")))])
        return len(engine.search(phrases("pear"), EVERYWHERE, ANY_LINE, before=None, limit=50))

    with ThreadPoolExecutor(8) as pool:
        assert min(pool.map(work, range(16))) >= 1
    assert len(engine.calls(EVERYWHERE)) == 16


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (516, ArchiveError, "refuses this user or password"),
        (497, ArchiveError, "does not let this user do that. Grant it"),
        (202, ArchiveBusyError, "is overloaded"),
        (241, ArchiveBusyError, "is overloaded"),
        (243, ArchiveError, "no room left"),
        (60, ArchiveError, "answers with ClickHouse error 60"),
    ],
)
def test_an_error_of_the_server_is_told_in_our_words(
    server: Server, engine: Engine, code: int, kind: type[ArchiveError], words: str
) -> None:
    server.fails_with = code
    for question in (
        lambda: engine.calls(EVERYWHERE),
        lambda: engine.put(ACME, [kept(transcript("one"))]),
        lambda: engine.purge(EVERYWHERE),
        lambda: engine.bind("a", "b", "c"),
        lambda: engine.transcript(Key(ACME, "one")),
    ):
        with pytest.raises(ArchiveError, match=words) as error:
            question()
        assert type(error.value) is kind
        assert "made up" not in str(error.value)


def test_a_wrong_password_is_told_without_any_password(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = server.url.replace(IN_URL, "gu%2Fess")
    with pytest.raises(ArchiveError, match="refuses this user or password") as refused:
        open_clickhouse(url)
    told = "".join(traceback.format_exception(refused.value)) + caplog.text
    assert not [secret for secret in ("gu/ess", "gu%2Fess", PASSWORD, IN_URL) if secret in told]


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.parametrize("scheme", ["clickhouse", "clickhouses"])
def test_a_server_that_is_away_is_told_by_place_and_without_password(
    scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    port = closed_port()
    url = f"{scheme}://ann:{IN_URL}@127.0.0.1:{port}/calls"
    with pytest.raises(ArchiveError) as away:
        open_clickhouse(url)
    assert away.value.fact == f"at 127.0.0.1:{port}/calls cannot be reached"
    assert "HTTP port" in away.value.hint
    told = "".join(traceback.format_exception(away.value)) + caplog.text
    assert not [secret for secret in (PASSWORD, IN_URL) if secret in told]


class _Saying(socketserver.BaseRequestHandler):
    """Says the same to whoever comes, and hangs up."""

    answer = b""

    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(self.answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\nupstream!",
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 9\r\n\r\nupstream!",
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/upstream!\r\ncontent-length: 0\r\n\r\n",
        b"upstream!\r\n\r\n",
        b"",
    ],
)
def test_what_is_no_clickhouse_is_an_archive_error_too(answer: bytes) -> None:
    handler = type("Saying", (_Saying,), {"answer": answer})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as found:
        threading.Thread(target=found.serve_forever, args=(0.01,)).start()
        try:
            with pytest.raises(ArchiveError, match=r"cannot be reached|does not answer as ClickHouse does") as error:
                open_clickhouse(f"clickhouse://127.0.0.1:{found.server_address[1]}/calls")
        finally:
            found.shutdown()
    assert "upstream!" not in str(error.value)


def test_a_server_that_goes_away_later_is_told_too(server: Server, engine: Engine) -> None:
    assert engine.calls(EVERYWHERE) == []
    server.is_away = True
    with pytest.raises(ArchiveError, match="cannot be reached"):
        engine.calls(EVERYWHERE)
    server.is_away = False
    assert engine.calls(EVERYWHERE) == []


@pytest.mark.parametrize("start", ["INSERT INTO `kept_lines`", "INSERT INTO `kept_calls`"])
@pytest.mark.parametrize("forever", [True, False])
def test_a_purge_in_the_middle_of_a_put_leaves_whole_calls_and_nothing_that_must_never_be_kept(
    server: Server, engine: Engine, start: str, *, forever: bool
) -> None:
    keys = [Key(ACME, "one")]
    engine.put(ACME, [kept(transcript("old", user("plum")))], [(1, 2)])

    def purge(statement: str) -> None:
        if statement.startswith(start):
            server.before = None
            with closing(open_clickhouse(server.url)) as other:
                other.purge(Selection(keys=keys), forever=forever)

    server.before = purge
    calls = [kept(transcript(name, user("pear"), used("book"))) for name in ("one", "two")]
    engine.put(ACME, calls, [(0, NOON_MS + 9)], {"one": NOON_MS, "two": NOON_MS})
    server.before = None
    assert engine.check() == []
    assert engine.transcript(Key(ACME, "two")) is not None
    is_kept = engine.transcript(Key(ACME, "one")) is not None
    assert not (forever and is_kept)
    (space,) = engine.state().spaces
    assert is_kept or not any(since <= NOON_MS <= until for since, until in space.covered)


def test_a_sync_beside_a_purge_leaves_nothing_covered_that_is_gone(server: Server, engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one", user("pear")))], [(NOON_MS, NOON_MS + 9)], {"one": NOON_MS})

    def put(statement: str) -> None:
        if statement.startswith("ALTER TABLE kept_lines"):
            server.before = None
            with closing(open_clickhouse(server.url)) as other:
                other.put(ACME, [kept(transcript("two", user("plum")))], [(0, NOON_MS + 20)], {"two": NOON_MS})

    server.before = put
    engine.purge(Selection())
    server.before = None
    assert engine.check() == []
    assert [space.covered for space in engine.state().spaces if space.covered] == []


async def test_a_server_that_went_away_is_left_alone_for_a_while(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities = {"acme": "an account"}
    archive = Archive(lambda: open_clickhouse(server.url), identities, kept, masking=1)
    assert await archive.transcript("acme", "one") is None
    server.is_away = True
    for _ in range(3):
        assert await archive.transcript("acme", "one") is None
    (told,) = archive.notices()
    assert "cannot be reached" in told
    server.is_away = False
    asked = len(server.statements)
    assert await archive.transcript("acme", "one") is None
    assert len(server.statements) == asked
    monkeypatch.setattr(door, "RETRY_S", 0)
    archive.store(transcript("one", user("pear")))
    await archive.flush()
    assert await archive.transcript("acme", "one") is not None
    archive.close()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_a_server_of_this_machine_is_never_asked_through_a_proxy(
    name: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with closing(open_clickhouse(server.url)) as engine:
            assert engine.state().spaces == ()
        proxy.settimeout(0)
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "clickhouse_connect", None)
    with pytest.raises(ArchiveError) as missing:
        open_clickhouse("clickhouse://127.0.0.1/calls")
    assert str(missing.value) == (
        'The archive needs a package that is not installed. Run pip install "call-transcripts-mcp[clickhouse]".'
    )
