"""Words of cases are written anew: for cases of before there was a search, and under another key while people search."""

import asyncio
import base64
import os
import random
from typing import Any

import pytest
from case_service.keys import WORDS
from case_service.migrate import MIGRATIONS
from forkant_kit.vault_command import main
from forkant_kit.vault_settings import DEV_TEXT_KEY, TEXT_KEYS_VARIABLE
from pydantic import SecretStr

from .api.test_search import found, stems_by_case, worked_on
from .conftest import serving
from .test_sealed_text import running

OLD, NEW = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command line of the keys against a database, and return its exit code and what it said."""

    async def run(urls: Any, act: str, keys: str) -> tuple[int, str]:
        monkeypatch.setenv("FORKANT_DATABASE_URL", urls.worker_url)
        monkeypatch.setenv(TEXT_KEYS_VARIABLE, keys)
        capsys.readouterr()
        code = await asyncio.to_thread(main, "case_service", [act], beside=(WORDS,))
        return code, "".join(capsys.readouterr())

    return run


async def kept(service) -> list[tuple[Any, ...]]:
    rows = await service.fetch("SELECT case_id, part, words FROM case_words ORDER BY 1, 2")
    words = await service.fetch("SELECT word, case_id FROM case_word ORDER BY 1, 2")
    return [tuple(row) for row in (*rows, *words)]


async def test_cases_of_before_are_found_once_their_words_are_written(empty_service, command):
    service = empty_service
    officer, lead, privacy = (service.person(name) for name in ("officer-oslo", "lead-oslo", "privacy-oslo"))
    case = await officer.open(title="Elefant", description="Elefanten sto i Storgata")
    await worked_on(case, random.Random(1), lead, 5)
    nothing_to_find = await officer.open(title="Og i det")
    gone = await officer.open(title="Elefant")
    await gone.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    before = [row for row in await kept(service) if row[2:] != ([],)]
    assert before
    await service.fetch("DELETE FROM case_words")
    assert await kept(service) == []
    assert await found(officer, "elefant") == []
    code, said = await command(service, "reseal", DEV_TEXT_KEY)
    assert (code, said.splitlines()[-1]) == (0, "texts' words of 2 cases were written under it; all are now.")
    after = [row for row in await kept(service) if row[2:] != ([],)]
    assert after == before
    assert await found(officer, "elefant storgata") == [case.id]
    assert nothing_to_find.id in await stems_by_case(service)
    assert "texts' words of 0 cases" in (await command(service, "reseal", DEV_TEXT_KEY))[1]


async def test_a_key_is_rotated_while_people_search_and_every_case_is_found_at_every_step(postgres, issuer, command):
    urls = await postgres.migrated_database("case", MIGRATIONS)
    made: list[str] = []

    async def use(keys: str) -> None:
        async with running(urls, issuer, text_keys=SecretStr(keys)) as service:
            officer = service.person("officer-oslo")
            made.insert(0, (await officer.open(title=f"Nesehorn nummer {len(made)}")).id)
            assert await found(officer, "nesehorn") == made
            assert await found(service.person("lead-oslo"), "nesehorn nummer") == made

    await use(OLD)
    await use(f"{OLD},{NEW}")
    await use(f"{NEW},{OLD}")
    code, said = await command(urls, "show", f"{NEW},{OLD}")
    assert (code, "needed by none" in said) == (0, False)
    assert (await command(urls, "reseal", f"{NEW},{OLD}"))[0] == 0
    code, said = await command(urls, "show", f"{NEW},{OLD}")
    assert (code, "needed by none" in said) == (0, True)
    await use(f"{NEW},{OLD}")
    await use(NEW)


async def test_words_that_are_left_under_a_key_that_is_gone_are_told_of(postgres, issuer, command):
    urls = await postgres.migrated_database("case", MIGRATIONS)
    async for service in serving(urls, issuer, text_keys=SecretStr(OLD)):
        await service.person("officer-oslo").open()
    _, said = await command(urls, "show", NEW)
    assert "texts' words  NOT GIVEN" in said


async def test_no_word_comes_back_that_an_erasure_took_away(empty_service):
    """Whoever writes words anew holds the case: a case that was erased meanwhile is not among those held."""
    officer, privacy = (empty_service.person(name) for name in ("officer-oslo", "privacy-oslo"))
    here, gone = await officer.open(), await officer.open()
    await gone.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    held = await empty_service.fetch("SELECT id::text FROM hold_cases($1::uuid[])", [here.id, gone.id])
    assert [row["id"] for row in held] == [here.id]
