"""A person's letterbox: the office of one worker, with a channel that notes what it is handed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from forkant_devstack.issuer.personas import COURIER, SERVICE_SECRET
from forkant_kit.client_credentials import ClientCredentials
from forkant_kit.db import new_id
from forkant_kit.issuer_documents import IssuerAddress
from notification_service.domain.letters import Delivered, Letter, Outcome
from notification_service.post.desk import Desk
from notification_service.post.office import Office
from notification_service.post.rights import AskedRights
from pydantic import SecretStr

from .world import KEYRING, Client, World

ADDRESS = "kari.nordmann@politiet.example"
NOON = datetime(2026, 6, 1, 10, tzinfo=UTC)
NIGHT = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)


@dataclass
class Mailbox:
    """A channel that notes what it gets, and answers as the test says."""

    name: str = "email"
    letters: list[Letter] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)

    async def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Delivered(wording="1")

    async def aclose(self) -> None:
        return None

    @property
    def codes(self) -> list[str]:
        return [letter.code for letter in self.letters if letter.code is not None]

    @property
    def told(self) -> list[list[str]]:
        return [[item.kind.value for item in letter.items] for letter in self.letters if letter.items]


@dataclass
class Post:
    """The office of one worker with its mailbox, and a person who subscribes."""

    desk: Desk
    world: World
    mailbox: Mailbox
    office: Office

    async def run(self) -> None:
        await self.office.run_until_idle()

    async def letters(self, person: str = "lead-oslo") -> list[dict]:
        query = "SELECT * FROM letter WHERE person = $1 AND purpose <> 'confirmation' ORDER BY id"
        return [dict(row) for row in await self.world.stage.fetch(query, person)]

    async def reaches(self, person: Client, choices: dict | None = None, *, subscribe: dict | None = None) -> None:
        """Give a person a confirmed address, choices and a subscription."""
        body = {**(choices or {}), "contacts": [{"channel": "email", "address": ADDRESS}]}
        version = (await person.get("/v1/preferences")).headers["etag"]
        answer = await person.put("/v1/preferences", body, version)
        assert answer.status_code == 200, answer.text
        if answer.json()["contacts"][0]["confirmed_at"] is None:
            await self.run()
            confirmed = await person.post(
                "/v1/preferences/confirmations", {"channel": "email", "code": self.mailbox.codes[-1]}
            )
            assert confirmed.status_code == 200, confirmed.text
        if subscribe is not None:
            assert (await person.post("/v1/subscriptions", subscribe)).status_code == 201


@pytest.fixture
async def post(world, case_service, issuer) -> AsyncIterator[Post]:
    world.clock.moment = NOON
    credentials = ClientCredentials(
        issuer=IssuerAddress(issuer.url), client_id=COURIER, client_secret=SecretStr(SERVICE_SECRET)
    )
    mailbox = Mailbox()
    desk = Desk(
        engine=world.stage.engine,
        channels={"email": mailbox},
        rights=AskedRights(case_service.url, credentials=credentials, timeout_s=5),
        keyring=KEYRING,
        now=world.clock,
        new_id=new_id,
        jitter=lambda: 0.5,
    )
    yield Post(desk, world, mailbox, Office(desk))
    await desk.rights.aclose()


@pytest.fixture
def lead(caller) -> Client:
    return caller("lead-oslo")
