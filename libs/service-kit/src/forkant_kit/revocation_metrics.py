"""Prometheus metrics of the questions whether tokens still hold."""

from typing import Final

from prometheus_client import Counter

QUESTIONS: Final = Counter(
    "forkant_token_questions_total", "Questions to the issuer whether a token still holds.", ["outcome"]
)
ENDED: Final = Counter(
    "forkant_answers_ended_total", "Answers broken off since the right to them had ended, by reason.", ["reason"]
)
