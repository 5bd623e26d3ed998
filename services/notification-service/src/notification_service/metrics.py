"""Prometheus metrics of the service; times in seconds. Labels are codes, never ids or addresses."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

ENTRIES: Final = Counter("forkant_inbox_entries_total", "Inbox entries made.", ["kind"])
QUEUED: Final = Counter("forkant_webhook_queued_total", "Deliveries made.")
ATTEMPTS: Final = Counter("forkant_webhook_attempts_total", "Attempts to deliver, by how they ended.", ["outcome"])
ENDED: Final = Counter("forkant_webhook_ended_total", "Deliveries that ended.", ["status"])
DISABLED: Final = Counter(
    "forkant_webhook_endpoints_disabled_total", "Endpoints that the service switched off, by why.", ["reason"]
)
PAUSED: Final = Counter("forkant_webhook_pauses_total", "Times that sending to an endpoint paused after failures.")
ATTEMPT_SECONDS: Final = Histogram(
    "forkant_webhook_attempt_seconds",
    "Time that an attempt took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
FIRST_ATTEMPT_SECONDS: Final = Histogram(
    "forkant_webhook_first_attempt_seconds",
    "Time from the recording of the event to the start of the first attempt.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
IN_FLIGHT: Final = Gauge("forkant_webhook_in_flight", "Attempts under way.")
LANES: Final = Gauge("forkant_webhook_lanes", "Endpoints that this worker delivers to now.")
OLDEST_DUE_SECONDS: Final = Gauge("forkant_webhook_oldest_due_seconds", "How long the oldest due endpoint has waited.")
LETTER_ATTEMPTS: Final = Counter(
    "forkant_letter_attempts_total",
    "Letters handed to a channel, by how that ended: delivered, later or refused, and why.",
    ["channel", "outcome", "reason"],
)
LETTER_ATTEMPT_SECONDS: Final = Histogram(
    "forkant_letter_attempt_seconds",
    "Time that handing a letter over took.",
    ["channel"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
LETTERS_WRITTEN: Final = Counter(
    "forkant_letter_items_total", "Messages put into letters, by what the letter is.", ["channel", "purpose"]
)
LETTERS_ENDED: Final = Counter(
    "forkant_letter_ended_total", "Letters that ended, by how and why.", ["channel", "status", "reason"]
)
LETTERS_WAITING: Final = Counter(
    "forkant_letter_put_off_total", "Letters that were put off without being sent, and why.", ["reason"]
)
LETTERS_BOUNCED: Final = Counter(
    "forkant_letter_bounced_total",
    "Notices about known letters that had been taken: failed for_good or for_now, or only delayed.",
    ["outcome"],
)
OLDEST_LETTER_SECONDS: Final = Gauge("forkant_letter_oldest_due_seconds", "How long the oldest due letter has waited.")
OLDEST_CALL_SECONDS: Final = Gauge(
    "forkant_letter_oldest_unwritten_seconds", "How long the oldest message waits to be put into letters."
)
RETURN_PATH_MAIL: Final = Counter(
    "forkant_return_path_mail_total",
    "All mail that came to the return path: noted of a letter, of an unknown_letter, or unreadable as a notice.",
    ["outcome"],
)
