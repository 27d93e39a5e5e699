"""ClickHouse's engine of this process behind a loopback socket, so that the client that talks to servers is tested.

It speaks as much of the HTTP interface as the client uses: statements and parameters as a form, inserts in the
Native format, errors by code. It refuses what a real server's limits would refuse.

The engine also has a cluster of two shards, over which the real Distributed tables insert and read. Both are this
engine, which listens on no port and so reaches no other shard. Each has the half of the rows that its shard key gives
it: a filter of the engine's hides the rest.
"""

from __future__ import annotations

import base64
import re
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

LONGEST_FIELD_BYTES = 128 * 1024
"""Source: http_max_field_value_size at https://clickhouse.com/docs/operations/settings/settings"""
LONGEST_LINE_BYTES = 8 * 1024
"""Far below a server's own limit, since what grows with a question must not be in the URL at all."""
CLUSTER = "main"
_CONFIG = f"""
<clickhouse><tcp_port>9000</tcp_port><remote_servers><{CLUSTER}>
  <shard><internal_replication>true</internal_replication>
    <replica><host>127.0.0.1</host><port>9000</port></replica></shard>
  <shard><internal_replication>true</internal_replication>
    <replica><host>127.0.1.1</host><port>9000</port></replica></shard>
</{CLUSTER}></remote_servers></clickhouse>
"""
"""Two of the addresses that ClickHouse takes for its own.
Source: src/Common/isLocalAddress.cpp of ClickHouse"""
_OWN_HALF = "cityHash64(id) % 2 = shardNum() - 1"
_CODE = re.compile(r"Code: (\d+)")
_INSERT = re.compile(rb"(INSERT INTO .+?) FORMAT Native\n", re.DOTALL)


@dataclass(slots=True)
class Server:
    """One that runs.

    Attributes:
        url: of a database "archive", with user and password.
        statements: all that came, without their parameters and rows.
        fails_with: a ClickHouse error code to answer every statement with from now on, 0 for none.
        is_away: hang up on whoever comes.
        before: is told of each statement before it is run.
    """

    url: str
    password: str
    engine: Any
    statements: list[str] = field(default_factory=list[str])
    fails_with: int = 0
    is_away: bool = False
    before: Callable[[str], None] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, statement: bytes, parameters: dict[str, str], database: str) -> bytes:
        """Run one statement.

        Raises:
            RuntimeError: as the engine says it.
        """
        insert = _INSERT.match(statement)
        text = insert[1].decode() if insert else statement.decode()
        self.statements.append(text)
        if self.before is not None:
            self.before(text)
        if self.fails_with:
            raise RuntimeError(f"Code: {self.fails_with}. DB::Exception: made up")
        with self.lock, tempfile.TemporaryDirectory() as directory:
            if database:
                self.engine.query(f"USE `{database}`")
            if insert:
                file = Path(directory) / "rows"
                file.write_bytes(statement[insert.end() :])
                return self.engine.query(f"{text} FROM INFILE '{file}' FORMAT Native").bytes()
            if f"`{CLUSTER}`" in text:
                escaped = text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n")
                self.engine.query("SELECT formatQuery({text:String})", params={"text": escaped})
                text = _without_keeper(text)
            return self.engine.query(text, "TabSeparated", params=parameters).bytes()


def _without_keeper(text: str) -> str:
    """A statement for a cluster, without what takes a Keeper: replicas, and statements for all servers at once."""
    text = text.replace(f" ON CLUSTER `{CLUSTER}`", "")
    text = re.sub(rf"clusterAllReplicas\(`{CLUSTER}`, ([a-z.]+)\)", r"\1", text)
    return re.sub(r"ReplicatedReplacingMergeTree\('[^']+', '[^']+'(?:, )?", "ReplacingMergeTree(", text)


@contextmanager
def clickhouse_over_http(directory: Path, *, password: str = "") -> Generator[Server]:
    """A server over a directory of its own, for a user "reader"; the option `?cluster=` is for `CLUSTER`."""
    chdb: Any = import_module("chdb")  # whose annotations leave much open
    config = directory.with_name(f"{directory.name}.xml")
    config.write_text(_CONFIG)
    engine = chdb.connect(f"{directory}?config-file={config}")
    engine.query("SET async_insert = 0, distributed_foreground_insert = 1")
    own = ", ".join(f"'{table}_local': '{_OWN_HALF}'" for table in ("kept_calls", "kept_lines"))
    engine.query(f"SET additional_table_filters = {{{own}}}")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as httpd:
        httpd.daemon_threads = True
        server = Server(f"clickhouse://reader:{password}@127.0.0.1:{httpd.server_port}/archive", password, engine)
        cast("Any", httpd).server = server
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield server
        httpd.shutdown()
        thread.join()
    engine.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Server = cast("Any", self.server).server
        if server.is_away:
            self.close_connection = True
            return
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        body = self._decoded(self._body())
        parameters = {name: value for name, value in asked.items() if name.startswith("param_")}
        if self.headers.get_content_type() == "multipart/form-data":
            form = self._form(body)
            body = form.pop("query").encode()
            parameters |= form
        statement = asked["query"].encode() if "query" in asked else body
        try:
            self._check(server, parameters)
            answer = server.answer(
                statement,
                {name.removeprefix("param_"): text for name, text in parameters.items()},
                asked.get("database", ""),
            )
        except RuntimeError as error:
            found = _CODE.search(str(error))
            self._send(500, str(error).encode(), {"X-ClickHouse-Exception-Code": found[1] if found else "1002"})
        else:
            self._send(200, answer, {"X-ClickHouse-Format": "TabSeparated", "X-ClickHouse-Timezone": "UTC"})

    def _check(self, server: Server, parameters: dict[str, str]) -> None:
        wanted = "Basic " + base64.b64encode(f"reader:{server.password}".encode()).decode()
        if self.headers["Authorization"] != wanted:
            raise RuntimeError("Code: 516. DB::Exception: reader: Authentication failed")
        if len(self.requestline) > LONGEST_LINE_BYTES:
            raise RuntimeError("Code: 1000. DB::Exception: URI too long")
        if any(len(value.encode()) > LONGEST_FIELD_BYTES for value in parameters.values()):
            raise RuntimeError("Code: 1000. DB::Exception: Field value too long")

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _decoded(self, body: bytes) -> bytes:
        encoding = self.headers.get("Content-Encoding", "")
        if encoding == "lz4":
            lz4: Any = import_module("lz4.frame")
            plain = b""
            while body:  # a frame for each block
                frame = lz4.LZ4FrameDecompressor()
                plain += frame.decompress(body)
                body = frame.unused_data or b""
            return plain
        if encoding:
            raise RuntimeError(f"Code: 1001. DB::Exception: {encoding} is not known here")
        return body

    def _form(self, body: bytes) -> dict[str, str]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
        form: dict[str, str] = {}
        for part in parts:
            name = part.get_param("name", header="content-disposition")
            form[str(name)] = cast("bytes", part.get_payload(decode=True)).decode()
        return form

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Silent: standard error is read by tests."""
