"""Masking of parsed JSON: by the names of its members and by the shapes of its strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from call_transcripts_mcp.redaction.masks import MASKS
from call_transcripts_mcp.redaction.names import SecretName, is_secret_value, mask_for, named

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_DESCRIPTIVE = frozenset(
    """
    type description title format loc msg message error code status kind hint label placeholder created_at expires_at
    expires_in id name username user user_name email host url scope issued_at updated_at expiry role method in
    """.split()  # noqa: SIM905 - easier to extend
)
"""Members that describe the secret they belong to: `{"token": {"type": "bearer", "value": ...}}`."""
_PAIR_NAMES, _PAIR_VALUES = (
    ("name", "key", "header", "field", "label", "id"),
    ("value", "val", "secret", "text", "data"),
)
_PAIR = 2


def redact_json(
    value: object,
    redact: Callable[[str], str],
    *,
    by_name: bool = True,
    on_masked: Callable[[str, str], None] | None = None,
) -> object:
    """Mask a parsed JSON value: values under a secret's name completely, every other string with `redact`.

    It works without recursion, so that deep nesting cannot exhaust the stack. Strings that need no mask are the
    same objects as before, so that subclasses of str survive; so are numbers, except card and phone numbers, and
    numbers directly under a secret's name.

    Args:
        value: a result of `json.loads`.
        redact: masks one string.
        by_name: whether names count.
        on_masked: called with each string that was masked because of its name, and with its mask.
    """
    root: list[object] = []
    todo: list[tuple[object, object, _Naming]] = [([value], root, _Naming())]

    def begun(item: object, naming: _Naming) -> object:
        """The copy of an item; one that holds others is still empty."""
        copy: dict[str, object] | list[object]
        if isinstance(item, dict):
            copy = {}
        elif isinstance(item, list):
            copy = []
        else:
            masked = _masked_leaf(item, naming, redact)
            if on_masked is not None and masked is not item and naming.name is not None:
                on_masked(str(item), cast("str", masked))
            return masked
        todo.append((cast("object", item), copy, naming))
        return copy

    while todo:
        item, copy, naming = todo.pop()
        if isinstance(item, dict):
            members = cast("dict[str, object]", copy)
            source = cast("dict[str, object]", item)
            paired = _name_in_pair(source) if by_name else None
            for key, child in source.items():
                below = naming.under(key) if by_name else naming
                if paired is not None and key.lower() in _PAIR_VALUES:
                    below = _Naming(paired, own=True)
                members[_free_name(redact(key), members)] = begun(child, below)
        else:
            children = cast("list[object]", item)
            told_by_first = _name_of_list(children) if by_name else None
            copied = cast("list[object]", copy)
            for place, child in enumerate(children):
                below = _Naming(told_by_first, own=True) if told_by_first is not None and place == 1 else naming
                copied.append(begun(child, below))
    return root[0]


class _Naming(NamedTuple):
    """What the names above a value say about it, and whether the nearest name is the secret's own."""

    name: SecretName | None = None
    own: bool = False

    def under(self, key: str) -> _Naming:
        name = named(key)
        if name is None and self.name is not None and key.lower() in _DESCRIPTIVE:
            return _Naming()
        return self if name is None and not self.own else _Naming(name or self.name, own=name is not None)


def _name_in_pair(members: dict[str, object]) -> SecretName | None:
    """What the name says in `{"name": "X-Api-Key", "value": ...}`."""
    for key in _PAIR_NAMES:
        name = members.get(key)
        if isinstance(name, str) and any(value in members for value in _PAIR_VALUES):
            return named(name)
    return None


def _name_of_list(items: list[object]) -> SecretName | None:
    """What the first of two strings says about the second: `["X-Api-Key", ...]`, but not `["password", "email"]`."""
    if len(items) != _PAIR or not (isinstance(items[0], str) and isinstance(items[1], str)):
        return None
    name = named(items[0])
    return None if name is None else name._replace(is_sure=False)


def _free_name(masked: str, taken: Collection[str]) -> str:
    """A masked key; keys with the same mask stay distinct."""
    name = masked
    while name in taken:
        name = f"{masked} {len(taken) + 1}"
    return name


def _masked_leaf(item: object, naming: _Naming, redact: Callable[[str], str]) -> object:
    name = naming.name
    if isinstance(item, str):
        is_count = item.isdecimal() and not naming.own  # a number is a str that knows how it was written
        if name is not None and item and not is_count and is_secret_value(item, name):
            return mask_for(item, name)
        masked = redact(item)
        return item if masked == item else masked
    if isinstance(item, int) and not isinstance(item, bool):
        if name is not None and naming.own and is_secret_value(str(item), name):
            return name.mask
        masked = redact(str(item)) if 10**8 <= item < 10**19 else ""  # from the shortest phone to the longest card
        return masked if masked in MASKS else item
    return item
