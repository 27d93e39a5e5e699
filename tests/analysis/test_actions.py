"""Which tools change something, by their names: each verb with near misses."""

from __future__ import annotations

import pytest

from call_transcripts_mcp.analysis.actions import is_action

ACTIONS = [
    "book_table",
    "bookTable",
    "book",
    "create_booking",
    "booking_create",
    "appointment-cancel",
    "cancel",
    "pay_invoice",
    "send_list_by_mail",
    "send_status",
    "update_status",
    "set_availability",
    "place_order",
    "order_pizza",
    "transfer",
    "transferCall",
    "transfer_to_number",
    "check_in",
    "checkOut",
    "check_in_guest",
    "schedule_callback",
    "record_count",
    "hold_room",
    "open_claim",
    "issue_refund",
    "refund_payment",
    "find_and_book_slot",
    "getOrCreateContact",
    "mcp__shop__place_order",
    "shop.place_order",
    "orders/cancel",
    "google_calendar_create_event",
    "HTTP_send_SMS",
    "reservar_cita",
    "anular_reserva",
    "buscar_y_reservar",
]
LOOK_UPS = [
    "",
    "_",
    "get_slots",
    "listOrders",
    "check-availability",
    "check_input",
    "customer_lookup",
    "search",
    "consultar_agenda",
    "order.status",
    "order_status",
    "orderStatus",
    "orders",
    "delivery_options",
    "bill_forecast",
    "outage_map",
    "shop_profile",
    "booking_details",
    "book_options",
    "refund_policy",
    "open_slots",
    "opening_hours",
    "transfer_options",
    "schedule_lookup",
    "payment_plan_quote",
    "track_parcel",
    "ask_house",
    "get_cancel_policy",
    "find_booking",
    "cancellation_policy",
    "call_history",
    "mcp__book__find",
    "cancel.status",
    "crew_status",
    "count_orders",
    "frobnicate",
]


@pytest.mark.parametrize("tool", ACTIONS)
def test_a_verb_of_change_is_an_action(tool: str) -> None:
    assert is_action(tool)


@pytest.mark.parametrize("tool", LOOK_UPS)
def test_a_verb_of_looking_and_a_name_without_a_verb_are_look_ups(tool: str) -> None:
    assert not is_action(tool)
