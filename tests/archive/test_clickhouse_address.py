"""URLs of a ClickHouse archive."""

# ruff: noqa: S106 - passwords of nobody

from __future__ import annotations

import pytest

from call_transcripts_mcp.archive.clickhouse.address import Address, address_of
from call_transcripts_mcp.errors import ArchiveError


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (
            "clickhouse://ann:sesame@db.example:9123/calls",
            Address("calls", host="db.example", port=9123, user="ann", password="sesame"),
        ),
        ("clickhouse://db.example", Address("call_transcripts", host="db.example", port=8123)),
        ("clickhouse://db.example/", Address("call_transcripts", host="db.example", port=8123)),
        (
            "clickhouses://ann:p%40ss%2Fword%3A@db.example/calls",
            Address("calls", host="db.example", port=8443, user="ann", password="p@ss/word:", is_tls=True),
        ),
        (
            "clickhouses://db.example/calls?ca_cert=/etc/own.pem&cluster=main",
            Address("calls", host="db.example", port=8443, is_tls=True, ca_cert="/etc/own.pem", cluster="main"),
        ),
        ("clickhouse://[::1]:8123/calls", Address("calls", host="::1", port=8123)),
        ("chdb:///var/calls", Address("call_transcripts", path="/var/calls")),
        ("chdb:///var/my%20calls?database=x", Address("x", path="/var/my calls")),
    ],
)
def test_every_form_of_url_is_taken_apart(url: str, address: Address) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "clickhouse://",
        "clickhouse:///calls",
        "clickhouse://ann:sesame@:8123/calls",
        "clickhouse://ann:sesame@host:port/calls",
        "clickhouse://ann:sesame@host:99999/calls",
        "clickhouse://ann:sesame@host/one/two",
        "clickhouse://ann:sesame@[::1/calls",
        "clickhouse://ann:sesame@host/calls?verify=0",
        "clickhouse://ann:sesame@host/calls?cluster",
        "clickhouse://ann:sesame@host/calls#sesame",
        "clickhouse://ann:sesame@host/calls?ca_cert=/sesame.pem",
        "chdb://relative/path",
        "chdb:///",
        "postgres://ann:sesame@host/calls",
        "sesame",
    ],
)
def test_another_form_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ArchiveError) as refused:
        address_of(url)
    assert "sesame" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("clickhouse://ann:sesame@db.example/calls", "db.example:8123/calls"),
        ("clickhouses://ann:sesame@[2001:db8::1]/calls", "[2001:db8::1]:8443/calls"),
        ("chdb:///var/calls?database=x", "/var/calls (database x)"),
    ],
)
def test_a_place_is_told_without_user_and_password(url: str, place: str) -> None:
    assert address_of(url).place == place
    assert "sesame" not in repr(address_of(url))
