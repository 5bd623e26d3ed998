"""What a process may log while a fault goes on, and what fails a trial."""

import json
from pathlib import Path
from typing import Any

import pytest
from forkant_devstack.faults.checker import Breach
from forkant_devstack.faults.mishaps import unexpected_errors

THROWN_AWAY = {
    "event": "Exception in callback",
    "exception": "builtins.AttributeError",
    "frames": ["aiokafka.producer.sender:88 _fail_all", "aiokafka.producer.transaction_manager:160 fatal_error"],
}
EXPLAINED: list[dict[str, Any]] = [
    {"event": "relay_round_failed", "error": "KafkaConnectionError"},
    {"event": "relay_round_failed", "error": "ConnectionRefusedError"},
    {"event": "relay_listener_lost", "error": "CannotConnectNowError"},
    {"event": "batch_retried", "error": "DBAPIError"},
    {"event": "Unable connect to node with id 1", "logger": "aiokafka"},
    {"event": "record_parked", "reason": "malformed"},
    THROWN_AWAY,
]
UNEXPECTED: list[dict[str, Any]] = [
    {"event": "consumer_observation_failed", "error": "ProgrammingError"},
    {"event": "batch_failed_trying_halves", "error": "OperationalError"},
    {"event": "topic_shorter_than_offset", "topic": "t"},
    {"event": "Task exception was never retrieved", "exception": "builtins.KeyError"},
    {**THROWN_AWAY, "frames": ["forkant_kit.relay:1 run"]},
]


def log_of(folder: Path, *lines: str) -> Path:
    path = folder / "relay-1.log"
    path.write_text("\n".join(lines))
    return path


def test_what_the_faults_explain_is_no_finding(tmp_path: Path):
    assert unexpected_errors([log_of(tmp_path, *map(json.dumps, EXPLAINED), "a line of another program")]) == []


@pytest.mark.parametrize("fields", UNEXPECTED, ids=lambda fields: fields["event"])
def test_any_other_error_is_found_once_for_its_process(tmp_path: Path, fields: dict[str, Any]):
    [finding] = unexpected_errors([log_of(tmp_path, json.dumps(fields), json.dumps(fields))])
    assert finding.breach is Breach.UNEXPECTED_ERROR
    assert finding.text.startswith(f"relay-1: {fields['event']}")
    assert finding.text.endswith(", 2 times")


@pytest.mark.parametrize("prefix", ["", "  + Exception Group "])
def test_a_process_that_ended_with_a_traceback_is_found(tmp_path: Path, prefix: str):
    assert unexpected_errors([log_of(tmp_path, f"{prefix}Traceback (most recent call last):", "ValueError")]) != []
