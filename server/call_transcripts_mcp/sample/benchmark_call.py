"""A fixed call of 200 messages on which tokens are counted: long, with large payloads and seven failures.

The text is in `scenarios/benchmark_call.txt`. A payload that is a long table is written there as `$name:rows` and
generated here; it is the same every time.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING

from call_transcripts_mcp.sample.script import fill, read_body

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from call_transcripts_mcp.sample.script import Step

_TABLE = re.compile(r"\$(\w+):(\d+)")

_PLACES = (
    "boathouse", "orangery", "gallery", "long-room", "cellar", "sail-loft", "walled-garden", "tram-hall", "glass-court",
    "mill-floor",
)  # fmt: skip
_NAMES = (
    "Ropewalk", "Quay House", "Anchor", "Tern", "Harbour Light", "Old Customs", "Merchant", "Saltmarsh", "Lantern",
    "Fern and Thistle",
)  # fmt: skip
_DISHES = (
    "charred leek", "celeriac roast", "slow lamb", "poached pear", "chocolate tart", "smoked beetroot", "sourdough",
    "barley risotto", "cured trout", "oat cream",
)  # fmt: skip

_NOTES = (
    "Music until 01:00 with a licence", "Lift from the quay side", "Outside catering not allowed",
    "Own bar and cloakroom", "Candles only in glass", "Delivery before 11:00 through the yard",
)  # fmt: skip
_STREETS = ("Quay Street", "Sandhill", "Ropery Lane", "Mill Dam", "Orchard Rise", "Ferry Road")

Row = dict[str, object]


def _price(rng: Random, low: int, high: int) -> float:
    return rng.randrange(low * 10, high * 10) / 10


def _spaces(rng: Random, at: int) -> Row:
    return {
        "space": _PLACES[at], "house": rng.choice(("harbour", "old-town", "riverside")),
        "seats": rng.randrange(40, 130),
        "standing": rng.randrange(80, 220), "minimum_spend": rng.randrange(20, 90) * 100, "step_free": bool(at % 3),
        "dance_floor": True, "note": rng.choice(_NOTES),
    }  # fmt: skip


def _calendar(rng: Random, at: int) -> Row:
    state = rng.choice(("free", "free", "held", "booked"))
    by = "-" if state == "free" else rng.choice(("rowing club", "Harding & Sons", "choir rehearsal"))
    return {"day": at + 1, "state": state, "from": "09:00", "to": "01:00", "by": by, "note": rng.choice(_NOTES)}


def _menus(rng: Random, at: int) -> Row:
    return {
        "menu": f"{_DISHES[at].split()[-1]}-{at + 1}", "price": _price(rng, 52, 84), "courses": 3, "vegan": True,
        "halal": at % 2 == 0, "gluten_free": bool(at % 5), "starter": rng.choice(_DISHES),
        "main": rng.choice(_DISHES), "dessert": rng.choice(_DISHES),
    }  # fmt: skip


def _dishes(rng: Random, at: int) -> Row:
    allergens = rng.sample(("nuts", "celery", "milk", "egg", "sesame", "mustard"), 2)
    grown = f"{rng.choice(_NAMES)} farm, {rng.randrange(3, 60)} km away"
    return {
        "dish": _DISHES[at], "course": at % 3 + 1, "with": rng.choice(_DISHES), "allergens": allergens,
        "kcal": rng.randrange(180, 720), "from": grown,
    }  # fmt: skip


def _prices(rng: Random, at: int) -> Row:
    item = ("menu", "service", "half and half", "linen", "cutlery", "staff meal", "corkage")[at % 7]
    unit = _price(rng, 2, 64)
    return {"item": item, "unit": unit, "quantity": 72, "total": round(unit * 72, 2), "vat": 20}


def _drinks(rng: Random, at: int) -> Row:
    contents = [
        f"{rng.choice(('white', 'red', 'rose'))} {rng.randrange(2019, 2025)}",
        "pale ale",
        "apple and sage cordial",
    ]
    package = ("shoreline", "harbourmaster", "driftwood", "estuary", "lighthouse", "pier", "sandbar", "breakwater")[at]
    return {
        "package": package,
        "price": _price(rng, 22, 48),
        "without_alcohol": _price(rng, 12, 22),
        "contents": contents,
    }


def _hotels(rng: Random, at: int) -> Row:
    return {
        "hotel": _NAMES[at], "km": _price(rng, 0, 4), "stars": rng.choice((3, 4, 4)),
        "rooms_free": rng.randrange(4, 22),
        "family_rooms": rng.randrange(0, 6), "rate": _price(rng, 84, 190), "breakfast": at % 2 == 0,
        "cancel_until": f"18:00 -{rng.randrange(1, 8)}d", "address": f"{rng.randrange(2, 90)} {rng.choice(_STREETS)}",
    }  # fmt: skip


def _transfers(rng: Random, _at: int) -> Row:
    seats = rng.choice((8, 16, 19, 33, 49))
    return {
        "kind": "minibus" if seats in {8, 16, 19} else "coach",
        "seats": seats, "minutes": rng.randrange(22, 45), "price": _price(rng, 90, 420), "luggage": True,
        "operator": rng.choice(("Tyne Shuttle", "Blue Kite", "Harbour Cars")),
        "meet": f"arrivals, door {rng.randrange(1, 9)}",
    }  # fmt: skip


def _flights(rng: Random, _at: int) -> Row:
    number = rng.choice(("FR", "KL", "AF", "EI", "BA")) + str(rng.randrange(100, 999))
    due = f"{rng.randrange(13, 17)}:{rng.randrange(0, 60):02d}"
    return {
        "flight": number,
        "from": rng.choice(("DUB", "AMS", "CDG")),
        "due": due,
        "status": "scheduled",
        "belt": rng.randrange(1, 7),
    }


def _bands(rng: Random, _at: int) -> Row:
    words = (
        ("Palmwine", "Copper", "Velvet", "Kelp", "Northern", "Midnight"),
        ("Express", "Kettle", "Row", "Union", "Soul"),
    )
    return {
        "band": " ".join(rng.choice(part) for part in words), "style": rng.choice(("highlife", "soul", "ceilidh")),
        "players": rng.randrange(3, 9), "fee": rng.randrange(9, 23) * 100, "rating": _price(rng, 3, 5),
        "home": rng.choice(("Leeds", "Durham", "Newcastle")), "free": True,
    }  # fmt: skip


def _reviews(rng: Random, at: int) -> Row:
    said = (
        "Our grandmother danced for the first time in ten years.", "Came early, played late, ate all the cake.",
        "Loud, warm, and exactly right.", "Could have been a little quieter during the speeches.",
        "They learned our song in two days.", "The trumpet deserves a medal.",
    )  # fmt: skip
    return {"stars": rng.choice((4, 5, 5)), "guests": rng.randrange(40, 180), "text": said[at % len(said)]}


def _photographers(rng: Random, at: int) -> Row:
    name = ("Mireille Vance", "Studio Tern", "Ola Brandt", "Two Lenses", "Hana Ito", "Field Notes", "K. Morrow", "Lux")[
        at
    ]
    return {
        "name": name,
        "style": "documentary",
        "fee": rng.randrange(9, 21) * 100,
        "hours": 8,
        "free": bool(at % 4),
        "gallery": f"https://pictures.example.com/{rng.randrange(16**6):06x}",
    }


def _florists(rng: Random, at: int) -> Row:
    name = (
        "Fern and Thistle",
        "Wild Acre",
        "Petal and Post",
        "Green Ladder",
        "Bramble",
        "Stem",
        "Meadow Lane",
        "Hedge",
    )[at]
    return {
        "florist": name,
        "table_from": _price(rng, 32, 68),
        "arch": _price(rng, 180, 390),
        "km": _price(rng, 1, 18),
        "street": rng.choice(_STREETS),
    }


def _slots(rng: Random, at: int) -> Row:
    time = f"{18 + at // 2}:{30 * (at % 2):02d}"
    return {
        "time": time,
        "area": "courtyard",
        "tables": f"C{at + 1}",
        "seats": rng.randrange(6, 24),
        "roof": True,
        "note": rng.choice(_NOTES),
    }


def _estimate(rng: Random, at: int) -> Row:
    items = ("space", "menu", "drinks", "band", "flowers", "brunch", "staff", "linen", "licence", "cleaning")
    return {
        "item": items[at],
        "quantity": rng.choice((1, 9, 60, 72)),
        "total": _price(rng, 90, 4980),
        "confirmed": at in range(4),
    }


_TABLES: dict[str, Callable[[Random, int], Row]] = {
    "spaces": _spaces,
    "calendar": _calendar,
    "menus": _menus,
    "brunches": _menus,
    "dishes": _dishes,
    "prices": _prices,
    "drinks": _drinks,
    "hotels": _hotels,
    "transfers": _transfers,
    "flights": _flights,
    "bands": _bands,
    "reviews": _reviews,
    "photographers": _photographers,
    "florists": _florists,
    "slots": _slots,
    "estimate": _estimate,
}


@cache
def _body() -> str:
    return (files(__package__ or "") / "scenarios" / "benchmark_call.txt").read_text(encoding="utf-8")


def steps(created: datetime) -> tuple[Step, ...]:
    """The conversation; the dates in its payloads are counted from `created`."""
    rng = Random("measuring")  # noqa: S311  # repeatable on purpose

    def table(match: re.Match[str]) -> str:
        name, rows = match[1], int(match[2])
        made = [{"id": f"{name[:2].upper()}-{rng.randrange(10**5)}", **_TABLES[name](rng, at)} for at in range(rows)]
        return json.dumps({name: made, "total": rows, "next": None}, separators=(",", ":"))

    text = _TABLE.sub(table, _body())
    return tuple(read_body(fill(text, rng, created)))
