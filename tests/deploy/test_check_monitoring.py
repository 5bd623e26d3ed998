"""The check of a running Prometheus sees what is wrong, and does not take silence for a fault where nothing happened."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from scripts import check_monitoring
from scripts.check_monitoring import queries, wanted_rules

UP = {"activeTargets": [{"scrapeUrl": "http://case-api:8001/metrics", "health": "up", "lastError": ""}]}
Answers = Callable[[str], list[Any]]
REAL = httpx.Client


def rules(*, health: str = "ok", without: str = "") -> Mapping[str, Any]:
    names = sorted(wanted_rules() - {without})
    return {"groups": [{"rules": [{"name": name, "health": health, "lastError": "many-to-many"} for name in names]}]}


@pytest.fixture
def prometheus(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return what the check says of a Prometheus that answers so."""

    def check(*, targets: Any = UP, loaded: Any = None, values: Answers = lambda _query: [1]) -> int:
        def answer(request: httpx.Request) -> httpx.Response:
            found = {"targets": targets, "rules": loaded or rules()}.get(request.url.path.rpartition("/")[2])
            return httpx.Response(200, json={"data": found or {"result": values(request.url.params["query"])}})

        transport = httpx.MockTransport(answer)
        monkeypatch.setattr(
            check_monitoring.httpx, "Client", lambda **_: REAL(transport=transport, base_url="http://prometheus")
        )
        return check_monitoring.main([])

    return check


def test_all_is_well(prometheus, capsys):
    assert prometheus() == 0
    assert f"{len(list(queries()))} give data, 0 things are wrong" in capsys.readouterr().out


def test_a_target_that_is_down_is_told_of(prometheus, capsys):
    down = {"activeTargets": [{"scrapeUrl": "http://case-api:8001/metrics", "health": "down", "lastError": "refused"}]}
    assert prometheus(targets=down) == 1
    assert "wrong: target http://case-api:8001/metrics is down: refused" in capsys.readouterr().out


def test_a_rule_that_is_missing_or_fails_is_told_of(prometheus, capsys):
    assert prometheus(loaded=rules(without="ForkantOutboxOld")) == 1
    assert "wrong: rule ForkantOutboxOld is not loaded" in capsys.readouterr().out
    assert prometheus(loaded=rules(health="err")) == 1
    assert "many-to-many" in capsys.readouterr().out


def test_a_query_that_gives_nothing_of_what_is_there_is_wrong_and_of_what_is_not_there_is_not(prometheus, capsys):
    def matched_wrongly(query: str) -> list[Any]:
        return [] if "/ forkant_database_connections" in query else [1]

    assert prometheus(values=matched_wrongly) == 1
    assert "no data: services, Connections to the database" in capsys.readouterr().out

    def never_happened(query: str) -> list[Any]:
        return [] if "forkant_chore_failures_total" in query else [1]

    assert prometheus(values=never_happened) == 0
    assert "nothing yet: services, Chores that failed" in capsys.readouterr().out
