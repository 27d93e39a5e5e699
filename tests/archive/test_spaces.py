"""Which space a key opens, on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kept_calls import ACME

from call_transcripts_mcp.archive.spaces import bind_space, fingerprint, space_names

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine

KEYS = {"acme": "https://api.acme.test|a key", "zeta": "https://api.zeta.test|a key"}


def test_a_fingerprint_depends_on_the_key_and_on_the_archive() -> None:
    found = {fingerprint(identity, salt) for identity in ("a", "b") for salt in (b"1" * 32, b"2" * 32)}
    assert len(found) == 4
    assert fingerprint("a", b"1" * 32) == fingerprint("a", b"1" * 32)


def test_a_folder_whose_name_is_no_text_has_a_fingerprint() -> None:
    assert fingerprint("files|/calls/\udcff", b"salt") != fingerprint("files|/calls/\udcfe", b"salt")


def test_looking_up_makes_nothing_and_binding_makes_what_was_looked_up(engine: Engine) -> None:
    before = engine.state().spaces
    names = space_names(engine, KEYS)
    assert engine.state().spaces == before
    assert [bind_space(engine, provider, identity) for provider, identity in KEYS.items()] == [*names.values()]
    assert space_names(engine, KEYS) == names
    assert {space.name: space.provider for space in engine.state().spaces}.items() >= {
        names["acme"]: "acme",
        names["zeta"]: "zeta",
    }.items()
    assert len(names["acme"]) == len(ACME)
    assert names["acme"].startswith("acme-")


def test_a_key_that_was_given_a_space_keeps_it(engine: Engine) -> None:
    engine.bind(fingerprint(KEYS["acme"], engine.salt()), ACME, "acme")
    assert bind_space(engine, "acme", KEYS["acme"]) == ACME
    assert space_names(engine, KEYS)["acme"] == ACME
