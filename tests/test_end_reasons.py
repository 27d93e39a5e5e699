"""What platforms' words for the end of a call mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.end_reasons import EndReason, end_reason_of

ROWS = {
    EndReason.USER_HANGUP: ["hangup", "user_hangup", "Caller hung up", "customer-ended-call",
                            "Client disconnected: 1000", "Client disconnected: 1001",
                            "Call ended by remote party", "customer-ended-call-before-warm-transfer",
                            "CR_PARTICIPANT_DISCONNECTED", "endedByCaller: caller left"],
    EndReason.AGENT_HANGUP: ["agent_hangup", "assistant-ended-call", "assistant-said-end-call-phrase", "CR_COMPLETED",
                             "end_call tool was called.", "Agent hung up", "CR_USER_INITIATED"],
    EndReason.TRANSFER: ["call_transfer", "assistant-forwarded-call", "transfer_to_number tool was called",
                         "transfer_bridged", "handed over to a colleague"],
    EndReason.VOICEMAIL: ["voicemail", "voicemail_reached", "machine_detected", "answering machine"],
    EndReason.NO_ANSWER: ["unjoined", "customer-did-not-answer", "customer-busy", "dial_no_answer", "dial_busy",
                          "user_declined", "error_user_not_joined", "no_answer"],
    EndReason.SILENCE: ["silence-timed-out", "inactivity", "Customer ended call due to silence"],
    EndReason.MAX_DURATION: ["timeout", "exceeded-max-duration", "max_duration_reached", "Max duration reached"],
    EndReason.PLATFORM_ERROR: ["connection_error", "system_error", "pipeline-error-openai-llm-failed", "CR_ERROR",
                               "call.in-progress.error-vapifault-transport-never-connected", "error_retell",
                               "error_llm_websocket_open", "concurrency_limit_reached", "dial_failed",
                               "assistant-join-timed-out", "pipeline-error-voicemail-model",
                               "Client disconnected: 1006", "Client disconnected: 1011"],
    EndReason.CONFIGURATION_ERROR: ["assistant-not-found", "no_valid_payment", "invalid_destination",
                                    "assistant-request-returned-no-assistant", "credit_exhausted",
                                    "pipeline-error-eleven-labs-unauthorized"],
    EndReason.OTHER: ["quantum flip", "manually-canceled", "scam_detected", "CR_JOB_SHUTDOWN", "transfer_cancelled",
                      "transfer_failed", "sip-outbound-carrier-released-call", "!!"],
}  # fmt: skip


@pytest.mark.parametrize(("raw", "meaning"), [(raw, meaning) for meaning, raws in ROWS.items() for raw in raws])
def test_a_reason_is_recognised_by_its_words(raw: str, meaning: EndReason) -> None:
    assert end_reason_of(raw) is meaning
    assert end_reason_of(raw.upper() if raw.islower() else raw) is meaning


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_no_word_means_nothing(raw: str | None) -> None:
    assert end_reason_of(raw) is None


@given(st.text(max_size=400))
def test_every_word_has_a_meaning(raw: str) -> None:
    assert (end_reason_of(raw) is None) == (not raw.strip())
