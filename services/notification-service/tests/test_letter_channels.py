"""Which channels the settings choose, and that every attempt is counted and logged without an address."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import certifi
import pytest
from forkant_devstack.testing.certificates import certificate_for
from forkant_devstack.testing.mail_server import running_mail_server
from notification_service.channels.guard import SystemResolver
from notification_service.channels.observed import Observed
from notification_service.channels.registry import BUILDERS, build_channels
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.letters import Delivered, Item, Letter, Purpose, Reason, Refused, TryLater
from notification_service.domain.wording import WORDING
from notification_service.letter_settings import CHANNELS
from notification_service.settings import NotificationWorkerSettings
from prometheus_client import REGISTRY
from pydantic import ValidationError
from structlog.testing import capture_logs

ITEM = Item(kind=Kind.CASE_OPENED, unit="oslo", path="/inbox/0198")
LETTER = Letter(id=UUID(int=9), to="somebody@example.org", language=Language.EN, purpose=Purpose.MESSAGE, items=(ITEM,))
TEST = {"env": "test", "database_url": "postgresql://nobody@127.0.0.1/none", "oidc_issuer": "http://127.0.0.1:8009"}
SMS = {"sms_gateway_url": "https://sms.example.org/v1/messages", "sms_gateway_token": "x" * 20}
MAIL = {"smtp_sender": "forkant@politiet.example"}


def attempts(outcome: str, reason: str = "", channel: str = "email") -> float:
    labels = {"channel": channel, "outcome": outcome, "reason": reason}
    return REGISTRY.get_sample_value("forkant_letter_attempts_total", labels) or 0.0


@pytest.fixture
def resolver():
    found = SystemResolver()
    yield found
    found.close()


def built(settings: dict, resolver: SystemResolver):
    return build_channels(
        NotificationWorkerSettings(**{**TEST, **settings}), now=lambda: datetime.now(UTC), resolve=resolver
    )


def test_there_is_a_builder_for_every_channel_that_can_be_chosen():
    assert tuple(BUILDERS) == CHANNELS


@pytest.mark.parametrize("chosen", ["", "email", "sms", "sms, email"])
def test_the_settings_choose_the_channels(chosen, resolver):
    found = built({"letter_channels": chosen, **SMS}, resolver)
    assert found.keys() == {name.strip() for name in chosen.split(",") if name}
    assert all(channel.name == name for name, channel in found.items())


async def test_e_mail_goes_to_the_relay_that_the_settings_name(resolver):
    async with running_mail_server(users={"forkant": "secret"}) as server:
        found = built(
            {
                "letter_channels": "email",
                "letter_site_url": "https://forkant.example/",
                "smtp_host": "127.0.0.1",
                "smtp_port": server.port,
                "smtp_security": "none",
                "smtp_username": "forkant",
                "smtp_password": "secret",
                **MAIL,
            },
            resolver,
        )
        before = attempts("delivered")
        assert await found["email"].send(LETTER) == Delivered(wording=WORDING)
        assert attempts("delivered") == before + 1
        await found["email"].aclose()
    [mail] = server.taken
    assert mail.sender == "forkant@politiet.example"
    assert "https://forkant.example/inbox/0198" in mail.message.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("trusted", "outcome"), [(True, Delivered(wording=WORDING)), (False, TryLater(reason=Reason.TLS_FAILED))]
)
async def test_the_relay_must_be_of_the_authority_that_the_settings_name(resolver, tmp_path, trusted, outcome):
    server_tls, _ = certificate_for("localhost", tmp_path)
    mail = {"letter_channels": "email", "smtp_host": "localhost", **MAIL}
    authority = str(tmp_path / "ca.pem") if trusted else certifi.where()
    async with running_mail_server(starttls=server_tls) as server:
        found = built({**mail, "smtp_port": server.port, "smtp_ca_file": authority}, resolver)
        assert await found["email"].send(LETTER) == outcome
        await found["email"].aclose()


class Told:
    """A channel that ends as it is told."""

    name = "email"

    def __init__(self, ending) -> None:
        self._ending = ending

    async def send(self, letter: Letter):
        if isinstance(self._ending, Exception):
            raise self._ending
        return self._ending

    async def aclose(self) -> None: ...


@pytest.mark.parametrize(
    ("ending", "counted"),
    [
        (TryLater(reason=Reason.MAYBE_TAKEN), ("later", "maybe_taken")),
        (Refused(reason=Reason.RECIPIENT_REFUSED), ("refused", "recipient_refused")),
        (RuntimeError("550 somebody@example.org"), ("later", "fault")),
    ],
)
async def test_what_did_not_arrive_is_counted_and_logged_by_codes_alone(ending, counted):
    before = attempts(*counted)
    with capture_logs() as logs:
        outcome = await Observed(Told(ending)).send(LETTER)
    assert outcome.reason.value == counted[1]
    assert attempts(*counted) == before + 1
    assert logs[-1]["letter_id"] == str(LETTER.id)
    assert "example.org" not in repr(logs)


async def test_what_arrived_is_not_logged():
    with capture_logs() as logs:
        await Observed(Told(Delivered(wording=WORDING))).send(replace(LETTER, id=UUID(int=10)))
    assert logs == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"letter_channels": "pigeon"}, "no such channel: pigeon"),
        ({"letter_site_url": "forkant.example"}, "letter_site_url"),
        ({"letter_site_url": "https://me@forkant.example"}, "letter_site_url"),
        ({"smtp_sender": "Forkant <a@b.no>"}, "smtp_sender"),
        ({"smtp_sender": "a@b.no\r\nBcc: c@d.no"}, "smtp_sender"),
        ({"smtp_return_path": "retur"}, "smtp_return_path"),
        ({"smtp_username": "forkant"}, "smtp_password must be set together"),
        ({"smtp_password": "secret"}, "smtp_password must be set together"),
        ({"letter_channels": "sms"}, "sms_gateway_token must be set"),
        ({"letter_channels": "sms", "sms_gateway_url": "https://sms.example.org"}, "sms_gateway_token must be set"),
        ({"sms_gateway_url": "https://sms.example.org/?token=secret"}, "sms_gateway_url"),
    ],
)
def test_settings_that_are_wrong_are_refused(changes, named):
    with pytest.raises(ValidationError, match=named):
        NotificationWorkerSettings(**{**TEST, **changes})


def test_the_authority_of_the_relay_is_read_from_its_file(resolver, tmp_path):
    assert built({"letter_channels": "email", "smtp_ca_file": certifi.where()}, resolver).keys() == {"email"}
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(OSError):
        built({"letter_channels": "email", "smtp_ca_file": str(tmp_path / "ca.pem")}, resolver)
