"""What an archive holds besides calls: which key opens which space, who may sync, its size and its health."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.clickhouse.calls import unreadable
from call_transcripts_mcp.archive.clickhouse.coverage import covered
from call_transcripts_mcp.archive.clickhouse.schema import SHARDED, STEPS, Layout
from call_transcripts_mcp.archive.ledger import Lease, Space, State

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.clickhouse.connection import Connection

_NOW = "toUInt64(toUnixTimestamp64Nano(now64(9)))"
"""The server's clock, so that several writers agree on who came first."""


def bind(connection: Connection, fingerprint: str, space: str, provider: str) -> None:
    """See `Engine.bind`."""
    connection.run(
        f"INSERT INTO kept_spaces (space, provider, version) SELECT {{space:String}}, {{provider:String}}, {_NOW}",
        {"space": space, "provider": provider},
    )
    connection.run(
        "INSERT INTO kept_bindings (fingerprint, space, version) "
        f"SELECT {{fingerprint:String}}, {{space:String}}, {_NOW}",
        {"fingerprint": fingerprint, "space": space},
    )


def space_of(connection: Connection, fingerprint: str) -> str | None:
    """See `Engine.space_of`."""
    rows = connection.rows(
        "SELECT space FROM kept_bindings FINAL WHERE fingerprint = {fingerprint:String}", {"fingerprint": fingerprint}
    )
    return rows[0][0] if rows else None


def take_lease(connection: Connection, lease: Lease, now_ms: int) -> Lease | None:
    """See `Engine.take_lease`.

    ClickHouse cannot compare and set. A process that wants the lease writes a claim and then reads all claims: the
    earliest by the server's clock wins, and later ones are withdrawn. Two processes that claim within the few
    milliseconds of a write (on a cluster, within the replication lag) can both believe that they hold it; they would
    read some calls twice, and store them once.
    """
    held = _holder(connection, now_ms)
    if held is not None and held.owner != lease.owner:
        return held
    _claim(connection, lease, lease.expires_ms)
    winner = _holder(connection, now_ms)
    if winner is None or winner.owner == lease.owner:
        return None
    _claim(connection, lease, 0)
    return winner


def release_lease(connection: Connection, owner: str) -> None:
    """See `Engine.release_lease`."""
    connection.run(
        "INSERT INTO kept_leases (owner, holder, pid, host, expires_ms, claimed, version) "
        f"SELECT owner, holder, pid, host, 0, 0, {_NOW} FROM kept_leases FINAL WHERE owner = {{owner:String}}",
        {"owner": owner},
    )


def _claim(connection: Connection, lease: Lease, expires_ms: int) -> None:
    """Write a claim; renewing an unexpired claim keeps its time."""
    connection.run(
        "INSERT INTO kept_leases (owner, holder, pid, host, expires_ms, claimed, version) "
        "SELECT {owner:String}, {holder:String}, {pid:Int64}, {host:String}, {expires:Int64}, "
        "if({expires:Int64} = 0, 0, if(max(claimed) = 0, "
        f"{_NOW}, max(claimed))), {_NOW} FROM kept_leases FINAL WHERE owner = {{owner:String}} AND expires_ms > 0",
        {
            "owner": lease.owner,
            "holder": lease.holder,
            "pid": lease.pid,
            "host": lease.host,
            "expires": expires_ms,
        },
    )


def _holder(connection: Connection, now_ms: int) -> Lease | None:
    rows = connection.rows(
        "SELECT owner, holder, expires_ms, pid, host FROM kept_leases FINAL "
        "WHERE expires_ms > {now:Int64} ORDER BY claimed, owner LIMIT 1",
        {"now": now_ms},
    )
    return Lease(*rows[0]) if rows else None


def state(connection: Connection) -> State:
    """See `Engine.state`."""
    layout = Layout(connection.address.cluster)
    providers = {row[0]: row[1] for row in connection.rows("SELECT space, provider FROM kept_spaces FINAL")}
    counts = {
        row[0]: row[1:]
        for row in connection.rows(
            "SELECT space, count(), sum(message_count), min(created_ms), max(created_ms), countIf(masking > 1) "
            "FROM kept_calls FINAL GROUP BY space"
        )
    }
    size = connection.rows(
        f"SELECT sum(bytes_on_disk) FROM {layout.system('parts')} "
        "WHERE database = currentDatabase() AND startsWith(table, 'kept_')"
    )[0][0]
    intervals = covered(connection)
    spaces = tuple(
        Space(
            name,
            providers.get(name) or name.rpartition("-")[0],
            *counts.get(name, (0, 0, None, None))[:4],
            covered=intervals.get(name, ()),
            personal=counts[name][4] if name in counts else 0,
        )
        for name in sorted({*providers, *counts, *intervals})
    )
    spread = f", cluster {layout.cluster}" if layout.cluster else ""
    engine = f"ClickHouse {connection.version} with a text index, schema {len(STEPS)}{spread}"
    return State(engine, connection.address.place, size, spaces)


def check(connection: Connection) -> list[str]:
    """See `Engine.check`."""
    layout = Layout(connection.address.cluster)
    wrong: list[str] = []
    for table in SHARDED:
        if layout.cluster:
            # CHECK TABLE covers only one server; this reads every row of every shard, with its checksum.
            connection.rows(f"SELECT count(), sum(cityHash64(*)) FROM {table}")
            continue
        damaged = connection.rows(f"CHECK TABLE {table} SETTINGS check_query_single_value_result = 0")
        wrong += [f"{table}: the part {row[0]} is damaged" for row in damaged if row[1:] and str(row[1]) != "1"]
    torn = connection.rows(
        "SELECT count() FROM (SELECT space, id, version, line_count FROM kept_calls FINAL) AS calls "
        "GLOBAL LEFT JOIN (SELECT space, id, version, uniqExact(place) AS found FROM kept_lines "
        "GROUP BY space, id, version) AS lines USING (space, id, version) WHERE line_count != found"
    )[0][0]
    if torn:
        wrong.append(f"{torn} calls miss some of their lines: purge them and sync again")
    if count := unreadable(connection):
        wrong.append(f"{count} calls that cannot be read")
    return wrong
