"""docs/questions.md has the questions of a team lead, each with a call that this server answers."""

from __future__ import annotations

import pytest

from team_questions import PAGE, QUESTIONS, ROW, answer, context_of

pytestmark = pytest.mark.anyio

MOST_TOKENS = 6_000
LEAST_QUESTIONS = 17


def test_the_page_has_every_question_with_its_call_and_what_it_costs() -> None:
    rows = list(ROW.finditer(PAGE.read_text(encoding="utf-8")))
    assert [(row["question"], row["call"]) for row in rows] == [(one.text, one.call) for one in QUESTIONS]
    assert len(rows) >= LEAST_QUESTIONS
    assert all(0 < int(row["tokens"].replace(",", "")) <= MOST_TOKENS for row in rows)


async def test_every_question_has_an_answer() -> None:
    async with context_of(60) as context:
        for question in QUESTIONS:
            text = await answer(question, context)
            assert len(text.splitlines()) > 1, question.call
