"""Tool payloads as voice agents send and receive them, invented; the token figures are measured on these."""

from __future__ import annotations

from call_transcripts_mcp.render import notation

PAYLOADS = [
    (
        '{"party": 4, "when": "2026-11-20T20:00", "slots": [{"id": "a1", "time": "20:00", "seats": 4}, {"id": "a2"'
        ', "time": "20:15", "seats": 2}]}'
    ),
    (
        '{"restaurant_id": "rst_8f3a21", "date": "2026-11-20", "time": "20:30", "party_size": 4, "customer": {"nam'
        'e": "María José Núñez", "phone": "+34 600 112 233", "email": "mj.nunez@example.es"}, "notes": "Mesa cerca'
        ' de la ventana, por favor; una persona es celíaca"}'
    ),
    (
        '{"status": "success", "total": 5, "results": [{"id": "0b6f0c1e-9a5c-4e0f-8f62-0e6a1a2b3c4d", "name": "La '
        'Tagliatella Sol", "address": "Calle Mayor 12", "city": "Madrid", "rating": 4.3, "open": true, "price": "€'
        '€"}, {"id": "6d7f2c9b-1111-4c3c-9d1f-9c8e7a6b5d4f", "name": "Casa Lucio", "address": "Cava Baja 35", "cit'
        'y": "Madrid", "rating": 4.6, "open": false, "price": "€€€"}, {"id": "f2d9d2aa-4b2b-4f8e-a1d2-2a8b9c0d1e2f'
        '", "name": "Botín", "address": "Calle de Cuchilleros 17", "city": "Madrid", "rating": 4.5, "open": true, '
        '"price": null}]}'
    ),
    (
        '{"error": {"code": 502, "type": "upstream_error", "message": "HTTP 502 from upstream: Bad Gateway", "retr'
        'yable": true, "request_id": "req_01HXYZ8ABCD"}}'
    ),
    (
        '{"success": false, "statusCode": 404, "error": "Not Found", "message": "Customer 88123 was not found", "d'
        'etails": null}'
    ),
    (
        '{"customer": {"id": 88123, "firstName": "Ana", "lastName": "García López", "addresses": [{"type": "billin'
        'g", "street": "Avenida de América 4, 2º B", "zip": "28028", "city": "Madrid", "country": "ES"}, {"type": '
        '"shipping", "street": "Calle Alcalá 200", "zip": "28009", "city": "Madrid", "country": "ES"}], "tags": ["'
        'vip", "newsletter", "fidelización"], "preferences": {"language": "es", "marketing": false, "channels": ["'
        'email", "sms"]}, "orders": [{"number": "A-10023", "date": "2026-10-02T10:22:11Z", "total": 120.50, "curre'
        'ncy": "EUR", "status": "delivered"}, {"number": "A-10067", "date": "2026-10-20T18:01:45Z", "total": 64.00'
        ', "currency": "EUR", "status": "in_transit"}, {"number": "A-10101", "date": "2026-11-03T09:45:00Z", "tota'
        'l": 12.50, "currency": "EUR", "status": "cancelled"}]}}'
    ),
    (
        '{"appointments": [{"doctor": "Dr. Smith", "specialty": "cardiology", "start": "2026-11-23T09:00:00-05:00"'
        ', "end": "2026-11-23T09:30:00-05:00", "available": true}, {"doctor": "Dr. Patel", "specialty": "cardiolog'
        'y", "start": "2026-11-23T10:00:00-05:00", "end": "2026-11-23T10:30:00-05:00", "available": false}, {"doct'
        'or": "Dr. O\'Neill", "specialty": "dermatology", "start": "2026-11-24T11:15:00-05:00", "end": "2026-11-24T'
        '11:45:00-05:00", "available": true}], "timezone": "America/New_York", "next_page": null}'
    ),
    (
        '{"query": "vuelo de Madrid a Ciudad de México", "fecha_salida": "2026-12-20", "pasajeros": 2, "clase": "t'
        'urista", "equipaje": true}'
    ),
    (
        '{"vuelos": [{"aerolínea": "Iberia", "número": "IB6403", "salida": "12:05", "llegada": "17:40", "precio": '
        '812.33, "escalas": 0}, {"aerolínea": "Aeroméxico", "número": "AM22", "salida": "23:55", "llegada": "05:20'
        '", "precio": 799.00, "escalas": 0}, {"aerolínea": "Air Europa", "número": "UX180", "salida": "15:30", "ll'
        'egada": "23:10", "precio": 645.90, "escalas": 1}]}'
    ),
    (
        '{"toolResultText": "Error: connect ETIMEDOUT 10.0.3.17:443", "stack": "Traceback (most recent call last):'
        '\\n  File \\"/app/tools/booking.py\\", line 88, in book\\n    response.raise_for_status()\\nrequests.exception'
        's.HTTPError: 503 Server Error: Service Unavailable for url: https://api.example.com/v1/bookings"}'
    ),
    (
        '{"detail": [{"loc": ["body", "party_size"], "msg": "value is not a valid integer", "type": "type_error.in'
        'teger"}, {"loc": ["body", "date"], "msg": "field required", "type": "value_error.missing"}]}'
    ),
    (
        '{"reason": "user_requested_transfer", "target": "+14155550123", "summary": "The caller wants to change a '
        'delivery address and asked for a person. Order 10023, placed on 2 October."}'
    ),
    ('{"to": "sip:agent@pbx.example.com", "timeoutSeconds": 30, "headers": {"X-Call-Id": "c_98af", "X-Lang": "de"}}'),
    (
        '{"documents": [{"title": "Rückgabe und Erstattung", "score": 0.8123, "snippet": "Artikel können innerhalb'
        ' von 30 Tagen zurückgegeben werden, sofern sie unbenutzt sind."}, {"title": "Versandkosten", "score": 0.7'
        '441, "snippet": "Ab 50 € liefern wir innerhalb Deutschlands kostenlos."}, {"title": "Garantie", "score": '
        '0.6912, "snippet": "Die gesetzliche Gewährleistung beträgt zwei Jahre."}]}'
    ),
    (
        '{"body": "{\\"ok\\":false,\\"code\\":\\"SLOT_TAKEN\\",\\"alternatives\\":[\\"20:15\\",\\"20:45\\"]}",'
        ' "status": 409, "contentType": "application/json"}'
    ),
    '{"result": "ok"}',
    (
        '{"confirmed": true, "confirmation_code": "QX7-PLM", "message": "Su reserva está confirmada para el vierne'
        's 20 de noviembre a las 20:30."}'
    ),
    "[1, 2, 3, 4.5]",
    '"Lo siento, no hay mesas disponibles a esa hora."',
    '{"items": ["leche", "pan", "huevos"], "total": 3}',
    (
        '{"balance": {"available": "1,204.33", "currency": "USD", "as_of": "2026-11-20"}, "transactions": [{"d": "'
        '2026-11-19", "amt": -23.11, "desc": "WHOLE FOODS #1023"}, {"d": "2026-11-18", "amt": -4.5, "desc": "BLUE '
        'BOTTLE COFFEE"}, {"d": "2026-11-15", "amt": 2500, "desc": "PAYROLL ACME INC"}]}'
    ),
]


def render_text(text: str) -> str | None:
    """A JSON text in the notation; None if it is not JSON."""
    try:
        return notation.render(notation.parse(text))
    except notation.NotJsonError:
        return None
