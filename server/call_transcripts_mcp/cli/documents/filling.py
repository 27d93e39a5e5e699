"""Fills a document from a found object."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

D = TypeVar("D", bound="DataclassInstance")


def filled(document: type[D], found: object, **others: Any) -> D:  # noqa: ANN401 - of any field
    """A document: its fields are the attributes of `found` with the same names, except for those in `others`."""
    same = {name: getattr(found, name) for field in fields(document) if (name := field.name) not in others}
    return document(**same, **others)
