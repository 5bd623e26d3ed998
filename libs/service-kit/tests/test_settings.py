"""A wrong environment stops the start, and says which setting is wrong without showing it."""

from collections.abc import Iterator

import pytest
from forkant_kit.settings import (
    DEV_CURSOR_SECRET,
    EXIT_BAD_SETTINGS,
    ApiSettings,
    Environment,
    ServiceSettings,
    load,
    rule,
)
from pydantic import Field, ValidationError

GOOD = {
    "FORKANT_ENV": "production",
    "FORKANT_DATABASE_URL": "postgresql://app:hunter2@db/forkant_case",
    "FORKANT_OIDC_ISSUER": "https://issuer.example",
    "FORKANT_CURSOR_SECRET": "s" * 32,
}


ASKS = {"FORKANT_INTROSPECTION_CLIENT_ID": "forkant", "FORKANT_INTROSPECTION_CLIENT_SECRET": "hunter2"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_good_environment_is_read(environment: pytest.MonkeyPatch):
    environment.setenv("FORKANT_HTTP_PORT", "8123")
    settings = load(ServiceSettings)
    assert (settings.env, settings.http_port) == (Environment.PRODUCTION, 8123)
    assert "hunter2" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.http_port = 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FORKANT_ENV", "prod", "FORKANT_ENV"),
        ("FORKANT_HTTP_PORT", "99999", "FORKANT_HTTP_PORT"),
        ("FORKANT_DATABASE_URL", None, "FORKANT_DATABASE_URL: Field required"),
        ("FORKANT_DATABASE_URL", "mysql://app:hunter2@db/x", "FORKANT_DATABASE_URL: must begin with postgresql://"),
        ("FORKANT_OIDC_ISSUER", "http://issuer.example", "oidc_issuer must be https in production"),
        ("FORKANT_OIDC_DISCOVERY_URL", "http://issuer.internal", "oidc_discovery_url must be https in production"),
        ("FORKANT_OIDC_DISCOVERY_URL", "issuer.internal", "FORKANT_OIDC_DISCOVERY_URL: must be an http(s) URL"),
        ("FORKANT_OIDC_ISSUER", "issuer.example", "FORKANT_OIDC_ISSUER: must be an http(s) URL"),
        ("FORKANT_CURSOR_SECRET", None, "cursor_secret must be set"),
        ("FORKANT_CURSOR_SECRET", "hunter2", "cursor_secret must be set"),
        ("FORKANT_CURSOR_SECRET", DEV_CURSOR_SECRET, "cursor_secret must be set"),
        ("FORKANT_CURSOR_SECRET", f"{'s' * 32},{DEV_CURSOR_SECRET}", "cursor_secret must be set"),
        ("FORKANT_CURSOR_SECRET", f"{'s' * 32},short", "cursor_secret must be set"),
        ("FORKANT_CURSOR_SECRET", f"{'s' * 32},", "cursor_secret must be set"),
        ("FORKANT_LOG_LEVEL", "loud", "FORKANT_LOG_LEVEL: must be"),
    ],
)
def test_a_wrong_setting_stops_the_start(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None, said: str
):
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        load(ServiceSettings)
    told = capsys.readouterr().err
    assert caught.value.code == EXIT_BAD_SETTINGS
    assert said in told
    assert "hunter2" not in told


@pytest.mark.parametrize("lacking", [set(ASKS), *({name} for name in sorted(ASKS))], ids=sorted)
def test_no_api_starts_in_production_that_could_not_ask_whether_a_token_still_holds(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lacking: set[str]
):
    for name, value in ASKS.items():
        environment.setenv(name, value)
    assert "hunter2" not in repr(load(ApiSettings))
    for name in lacking:
        environment.delenv(name)
    with pytest.raises(SystemExit) as caught:
        load(ApiSettings)
    told = capsys.readouterr().err
    assert caught.value.code == EXIT_BAD_SETTINGS
    assert "introspection_client_id and introspection_client_secret must be set" in told
    assert "hunter2" not in told


def test_half_of_the_credentials_stop_the_start_everywhere(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    environment.setenv("FORKANT_ENV", "dev")
    environment.setenv("FORKANT_INTROSPECTION_CLIENT_ID", "forkant")
    with pytest.raises(SystemExit):
        load(ApiSettings)
    assert "must be set together" in capsys.readouterr().err


class FerrySettings(ApiSettings):
    """Settings with rules of their own, two of which can be broken at once."""

    crew: int = Field(default=2, ge=1)
    boats: int = 1

    @rule
    def _somebody_steers(self) -> Iterator[str]:
        if self.boats > self.crew:
            yield "boats must not be more than crew"
        if self.boats < 1:
            yield "boats must be at least one"


def told_of(cls: type[ServiceSettings], capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit):
        load(cls)
    return [line.strip() for line in capsys.readouterr().err.splitlines()[1:]]


def test_all_that_is_wrong_is_told_at_once(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    environment.setenv("FORKANT_HTTP_PORT", "99999")
    environment.setenv("FORKANT_LOG_LEVEL", "loud")
    environment.setenv("FORKANT_OIDC_DISCOVERY_URL", "http://issuer.internal")
    environment.setenv("FORKANT_BOATS", "3")
    environment.delenv("FORKANT_DATABASE_URL")
    environment.delenv("FORKANT_CURSOR_SECRET")
    assert sorted(told_of(FerrySettings, capsys)) == [
        "FORKANT_DATABASE_URL: Field required",
        "FORKANT_HTTP_PORT: Input should be less than or equal to 65535",
        "FORKANT_LOG_LEVEL: must be debug, info, warning or error",
        "boats must not be more than crew",
        "cursor_secret must be set to at least 32 characters in production",
        "introspection_client_id and introspection_client_secret must be set in production",
        "oidc_discovery_url must be https in production",
    ]


def test_a_rule_is_not_held_against_a_setting_that_is_wrong_itself(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    environment.setenv("FORKANT_ENV", "dev")
    environment.setenv("FORKANT_CREW", "0")
    environment.setenv("FORKANT_BOATS", "3")
    assert told_of(FerrySettings, capsys) == ["FORKANT_CREW: Input should be greater than or equal to 1"]


def test_a_name_that_is_nearly_one_of_ours_is_pointed_at(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    environment.delenv("FORKANT_DATABASE_URL")
    environment.setenv("FORKANT_DATABSE_URL", "postgresql://app:hunter2@db/forkant_case")
    environment.setenv("FORKANT_SMTP_HOST", "read by somebody else")
    assert told_of(ServiceSettings, capsys) == [
        "FORKANT_DATABASE_URL: Field required",
        "FORKANT_DATABSE_URL is set and unknown here: is FORKANT_DATABASE_URL meant?",
    ]
