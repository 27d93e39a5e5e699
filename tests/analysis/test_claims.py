"""What the agent says after a tool call: claims of success, their near misses, and words that only bridge a wait."""

import pytest

from call_transcripts_mcp.analysis.claims import claims_success, is_filler

CLAIMS = [
    "You're booked for Friday at eight.",
    "You\u2019re all set!",
    "Great, you are now booked.",
    "I've cancelled it for you.",
    "I have successfully rescheduled your appointment to Monday.",
    "I've gone ahead and booked the table. Anything else?",
    "I booked you in for nine, anything else?",
    "Your appointment for Tuesday is confirmed.",
    "The reservation has been cancelled.",
    "Your refund has been processed, you'll see it in three days.",
    "That's done.",
    "Done, you're down for nine at the long table.",
    "Perfect, it's all booked.",
    "All set. We look forward to seeing you.",
    "Your payment went through.",
    "You will receive a confirmation by text shortly.",
    "Su reserva está confirmada.",
    "Ya le he reservado la mesa para el viernes.",
    "He cancelado la cita.",
    "Perfecto, queda confirmado para mañana.",
    "Todo listo, le esperamos el lunes.",
    "Tu cita para el martes ha quedado agendada.",
    "Le llegará un mensaje de confirmación.",
]
NEAR_MISSES = [
    "I wasn't able to book that for you.",
    "I couldn't get you booked for Friday.",
    "I'm sorry, the booking did not go through.",
    "Would you like me to see if you're booked?",
    "Once I've booked it, you'll hear from us.",
    "If you're all set, I can book it now.",
    "Shall I confirm that it's booked?",
    "Is your appointment confirmed?",
    "I'll get that booked for you.",
    "If our line goes while you're down the road, call again.",
    "Shall I put you down for nine?",
    "I can have it cancelled tomorrow.",
    "Let me make sure it's confirmed.",
    "It looks like you're not booked yet.",
    "That slot is already booked by someone else.",
    "Unfortunately your payment was declined.",
    "There was an error, but you're booked as far as I can see.",
    "What day would you like to come?",
    "No he podido reservar la mesa.",
    "No está confirmada todavía.",
    "Si quiere, le confirmo la cita.",
    "Voy a cancelar la reserva.",
    "¿Su reserva está confirmada?",
    "Cuando la reserva esté hecha, le aviso.",
    "",
]


@pytest.mark.parametrize("words", CLAIMS)
def test_what_says_that_it_was_done_is_a_claim(words: str) -> None:
    assert claims_success(words)


@pytest.mark.parametrize("words", NEAR_MISSES)
def test_an_offer_a_condition_or_an_excuse_is_no_claim(words: str) -> None:
    assert not claims_success(words)


@pytest.mark.parametrize(
    "words",
    [
        "One moment.",
        "Just a second, please.",
        "Sure, let me check that for you.",
        "Okay, please hold on while I look that up.",
        "Hold on.",
        "I'm checking now.",
        "Um,",
        "Thanks.",
        "Un momento, por favor.",
        "Déjeme comprobar la agenda.",
        "Sorry, one more second.",
        "The system is slow today, one moment.",
        "La agenda tarda un poco, un momentito.",
        "Un momento, el sistema va lento hoy. Vuelvo a probar.",
    ],
)
def test_words_that_bridge_a_wait_are_filler(words: str) -> None:
    assert is_filler(words)


@pytest.mark.parametrize(
    "words",
    [
        "You're booked for Friday.",
        "One moment. You're booked for Friday.",
        "There is a table at eight.",
        "I couldn't find your booking.",
        "What is your name?",
        "Hay una mesa libre.",
        "Sorry, there is no table.",
        "The table is free, one moment.",
        "La consulta está ocupada, un momentito.",
    ],
)
def test_words_that_answer_are_no_filler(words: str) -> None:
    assert not is_filler(words)
