"""One connection to ClickHouse: statements go in, rows come out, and every error is an ArchiveError.

Values are bound by the server and never written into a statement. No message repeats what the server or the
driver said, since that may hold addresses, statements or other people's words.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from call_transcripts_mcp.errors import ArchiveAwayError, ArchiveBusyError, ArchiveError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from call_transcripts_mcp.archive.clickhouse.address import Address

    Parameters = Mapping[str, Any]
    Rows = Sequence[Sequence[Any]]

INSTALL = 'pip install "call-transcripts-mcp[clickhouse]"'
CONNECT_TIMEOUT_S = 2
"""The driver tries twice."""
GREETING_TIMEOUT_S = 5
"""A host that accepts connections and then stays silent must not hold up an answer."""
ANSWER_TIMEOUT_S = 30
OLDEST_VERSION = (26, 2)
"""The first version in which text indexes are no longer experimental.
Source: https://clickhouse.com/docs/engines/table-engines/mergetree-family/textindexes"""

_SETTINGS = {
    "async_insert": 0,  # what was put is stored when put returns, not some time later
    "max_partitions_per_insert_block": 0,  # a batch may contain calls of any number of months
    "do_not_merge_across_partitions_select_final": 1,  # a key contains its time, so it is never in two months
    "distributed_foreground_insert": 1,  # a shard that refuses rows must cause an error
    "distributed_ddl_task_timeout": 25,  # shorter than our own timeout, so that the cluster reports what it waits for
}
_BUSY = {159, 202, 203, 241, 252}
"""Timeout, too many queries (two codes), out of memory, too many parts: all are temporary."""
_KNOWN = (
    ({192, 193, 194, 516}, "refuses this user or password", "Correct them in CALL_TRANSCRIPTS_ARCHIVE."),
    (
        {164, 497},
        "does not let this user do that",
        "Grant it CREATE, SELECT, INSERT and ALTER on its database, and SELECT on system.",
    ),
    ({243}, "has no room left", "Free some room there."),
)
"""Codes, fact and hint. Source: src/Common/ErrorCodes.cpp of ClickHouse."""


class _Client(Protocol):
    """The part of the driver's client that we use; its own annotations are incomplete."""

    database: str | None
    timeout: object

    @property
    def server_version(self) -> str | None: ...

    def query(
        self, query: str, parameters: dict[str, Any], *, column_formats: dict[str, str | dict[str, str]]
    ) -> _Answer: ...

    def raw_query(self, query: str, parameters: dict[str, Any]) -> bytes: ...

    def insert(
        self, table: str, data: Rows, column_names: Sequence[str], *, column_type_names: Sequence[str]
    ) -> object: ...

    def close(self) -> None: ...


class _Pool(Protocol):
    """A pool of urllib3 connections."""

    def clear(self) -> None: ...


class _Answer(Protocol):
    @property
    def result_rows(self) -> Rows: ...


class Connection:
    """A client that any number of threads may use."""

    def __init__(self, client: _Client, address: Address, pool: _Pool | None = None) -> None:
        """Use an open client and its pool of connections."""
        self.address = address
        self._client = client
        self._pool = pool
        # The engine in this process runs one statement at a time, and must not be closed while it runs one.
        self._lock = threading.RLock() if address.path else None

    @property
    def version(self) -> str:
        """The server's version, such as "26.9.2.1"."""
        return self._client.server_version or ""

    def use(self, database: str) -> None:
        """From now on, table names without a database refer to this one."""
        self._client.database = database

    def rows(self, sql: str, parameters: Parameters | None = None, *, raw: Sequence[str] = ()) -> Rows:
        """Ask.

        Args:
            sql: a SELECT with parameters as `{name:Type}`.
            parameters: by name.
            raw: columns that are returned as bytes.

        Raises:
            ArchiveError: there was no answer.
        """
        with self._mapped():
            formats: dict[str, str | dict[str, str]] = dict.fromkeys(raw, "bytes")
            return self._client.query(sql, _clean(parameters), column_formats=formats).result_rows

    def run(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement that returns no rows.

        Raises:
            ArchiveError: it failed, or its result is unknown.
        """
        with self._mapped():
            # Not `command`, which puts the parameters into the URL, whose length is limited.
            self._client.raw_query(sql, _clean(parameters))

    def insert(self, table: str, columns: Sequence[str], types: Sequence[str], rows: Rows) -> None:
        """Insert rows into a table, as one block for each month.

        Raises:
            ArchiveError: it failed, or its result is unknown.
        """
        if not rows:
            return
        with self._mapped():
            self._client.insert(table, rows, columns, column_type_names=types)

    def close(self) -> None:
        """Close the connections."""
        with self._mapped():
            self._client.close()
            if self._pool is not None:
                self._pool.clear()

    @contextmanager
    def _mapped(self) -> Generator[None]:
        if self._lock is None:
            with mapped(self.address):
                yield
            return
        with self._lock, mapped(self.address):
            yield


def connect(address: Address, *, answer_timeout_s: int = ANSWER_TIMEOUT_S) -> Connection:
    """Open a connection; the database need not exist yet.

    Args:
        address: of the database.
        answer_timeout_s: how long to wait for an answer.

    Raises:
        ArchiveError: the package is missing, or no suitable server answers.
    """
    try:
        import clickhouse_connect  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise ArchiveError("needs a package that is not installed", f"Run {INSTALL}.") from None
    for name in ("clickhouse_connect", "urllib3"):  # they log what they raise, in words that we must not show
        logging.getLogger(name).setLevel(logging.CRITICAL)
    arguments, pool = _arguments(address), None
    with mapped(address):
        if address.path:
            Path(address.path).mkdir(mode=0o700, parents=True, exist_ok=True)
        elif address.is_tls:
            arguments["dedicated_pool"] = True
        else:  # a server on this machine; in a pool of its own, the driver would use HTTP_PROXY
            pool = cast("_Pool", import_module("clickhouse_connect.driver.httputil").get_pool_manager())
            arguments["pool_mgr"] = pool
        client = cast("_Client", cast("Any", clickhouse_connect).get_client(**arguments))
        if not address.path:
            urllib3 = import_module("urllib3")  # which comes with the driver
            client.timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=answer_timeout_s)
    connection = Connection(client, address, pool)
    if _numbers(connection.version) < OLDEST_VERSION:
        connection.close()
        needed = ".".join(map(str, OLDEST_VERSION))
        raise ArchiveError(
            f"at {address.place} is an older ClickHouse", f"Its text index needs version {needed} or newer."
        )
    return connection


def _arguments(address: Address) -> dict[str, object]:
    if address.path:
        return {"interface": "chdb", "path": address.path, "settings": _SETTINGS}
    return {
        "interface": "https" if address.is_tls else "http",
        "host": address.host,
        "port": address.port,
        "username": address.user or None,
        "password": address.password,
        "ca_cert": address.ca_cert or None,
        "settings": _SETTINGS,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "send_receive_timeout": GREETING_TIMEOUT_S,
        "autogenerate_session_id": False,  # a session takes one query at a time
        "form_encode_query_params": True,  # thousands of ids do not fit into a URL
    }


@contextmanager
def mapped(address: Address) -> Generator[None]:
    """Turn every error of the driver into an ArchiveError."""
    try:
        yield
    except ArchiveError:
        raise
    except Exception as error:  # noqa: BLE001 - other hosts than ClickHouse cause errors that the driver does not wrap
        raise _error(error, address) from None


def _error(error: Exception, address: Address) -> ArchiveError:
    if isinstance(error, ImportError):  # the driver loads the engine in this process only on request
        return ArchiveError("needs the package chdb-core, which is not installed", "Run pip install chdb-core.")
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return _answered(code, f"at {address.place}")
    if address.path:
        return _in_process_error(error, address)
    is_away = type(error).__name__ == "OperationalError"  # an error of the driver, which is not imported just for this
    return ArchiveAwayError(
        f"at {address.place} {'cannot be reached' if is_away else 'does not answer as ClickHouse does'}",
        "Check that ClickHouse runs there and that the port is its HTTP port: 8123, or 8443 with TLS.",
    )


def _answered(code: int, at: str) -> ArchiveError:
    if code in _BUSY:
        return ArchiveBusyError(f"{at} is overloaded (ClickHouse error {code})", "Try again in a moment.")
    for codes, fact, hint in _KNOWN:
        if code in codes:
            return ArchiveError(f"{at} {fact}", hint)
    return ArchiveError(f"{at} answers with ClickHouse error {code}", "Its log says why.")


def _in_process_error(error: Exception, address: Address) -> ArchiveError:
    text = str(error)
    if "already initialized" in text:
        return ArchiveError(
            f"at {address.path} cannot be opened", "Another one is open in this process: close it first."
        )
    if "EmbeddedServer" in text:
        return ArchiveBusyError(
            f"at {address.path} cannot be opened",
            "Only one process at a time can use it, in a directory of its own that it may write.",
        )
    return ArchiveError(f"at {address.path} fails ({type(error).__name__})", "Look at the directory and its disk.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _clean(parameters: Parameters | None) -> dict[str, Any]:
    """Parameters without lone surrogates, which UTF-8 cannot encode."""
    return {name: _clean_value(value) for name, value in (parameters or {}).items()}


def _clean_value(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        made = [_clean_value(one) for one in cast("Sequence[object]", value)]
        return tuple(made) if isinstance(value, tuple) else made
    return value


def clean(text: str) -> str:
    """A text without lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
