"""What an operator does about generations: begin one, look, compare, let it take the live one's place, and go back.

The running workers read the events into whatever generations there are; the desk writes what is wanted, and the audit
trail says who wanted it.

Errors::

    NotDoneError    it can't be done now; nothing was changed, and the text says what to do first
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from forkant_contracts.units import DIRECTORATE
from forkant_kit.audit.record import Actor, Entry, write
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.db import create_engine, transaction
from forkant_kit.parked_desk import OPERATOR
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service import generations, parity, store
from indicator_service.counting import count_facts
from indicator_service.generations import Generation, Progress, State
from indicator_service.parity import Change, Parity
from indicator_service.units import read_register

_DISTRICTS: Final = text("SELECT DISTINCT district FROM district_cell WHERE generation = ANY(:numbers)")


class NotDoneError(RuntimeError):
    """What was asked for can't be done now; nothing was changed, and the text says what to do first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One generation, and how far it has come."""

    generation: Generation
    progress: Progress
    parked_events: int
    parked_aggregates: int

    @property
    def caught_up(self) -> bool:
        """Whether it has read all that there was, and its cells are counted."""
        return self.progress.read_all and not self.generation.facts_alone


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildDesk:
    """The indicator service's database, as the worker's role, and who asks."""

    database_url: str
    by: str

    async def standings(self) -> list[Standing]:
        """Return the generations that are read, the newest first."""
        async with self._engine() as engine, transaction(engine) as conn:
            found = [each for each in await generations.list_all(conn) if each.state is not State.DROPPED]
            return [await _standing(conn, each) for each in found]

    async def begin(self) -> int:
        """Begin the next generation, and return its number; the workers read into it at once.

        Raises:
            NotDoneError: one is being built already.
        """
        async with self._engine() as engine:
            try:
                async with transaction(engine) as conn:
                    number = await generations.begin(conn, by=self.by)
                    await self._record(conn, "rebuild.begin", number)
            except IntegrityError as error:
                raise NotDoneError("A generation is being built already: wait for it, or drop it.") from error
        return number

    async def compare(self, number: int | None = None) -> tuple[int, Parity, list[Change]]:
        """Compare a generation, else the newest that could become live, with the live one; return which it was.

        Raises:
            NotDoneError: there is no such generation.
        """
        async with self._engine() as engine:
            chosen, live = await self._chosen(engine, number, among=(State.BUILDING, State.KEPT))
            await count_facts(engine, chosen.number)
            found = await parity.compare(engine, chosen.number, live=live)
            async with transaction(engine) as conn:
                return chosen.number, found, await parity.changes(conn, chosen.number, live=live)

    async def flip(self, *, accept_differences: bool = False, accept_missing: bool = False) -> int:
        """Let the generation that was built take the live one's place, and return its number.

        Args:
            accept_differences: though cases are not what the live one says of them.
            accept_missing: though the live one knows cases, or versions of them, that the events no longer tell of.

        Raises:
            NotDoneError: none is being built, or it is not as it should be.
        """
        return await self._make_live(
            State.BUILDING,
            accept_differences=accept_differences,
            accept_missing=accept_missing,
            action="rebuild.flip",
        )

    async def roll_back(self) -> int:
        """Let the newest generation that is kept be live again, and return its number.

        What it says need not be what the live one says, which is why somebody wants it back.

        Raises:
            NotDoneError: none is kept, or it has not read everything or misses something.
        """
        return await self._make_live(
            State.KEPT, accept_differences=True, accept_missing=False, action="rebuild.roll_back"
        )

    async def drop(self, number: int) -> None:
        """Let a generation go; the workers remove what is left of it.

        Raises:
            NotDoneError: it is live, or there is none of that number.
        """
        async with self._engine() as engine, transaction(engine) as conn:
            if not await generations.drop(conn, number):
                raise NotDoneError(
                    f"Generation {number} is neither being built nor kept, so there is nothing to drop: `status` "
                    "shows which are."
                )
            await self._record(conn, "rebuild.drop", number)

    async def _make_live(self, state: State, *, accept_differences: bool, accept_missing: bool, action: str) -> int:
        async with self._engine() as engine:
            chosen, live = await self._chosen(engine, None, among=(state,))
            async with transaction(engine) as conn:
                _require_ready(await _standing(conn, chosen))
            await count_facts(engine, chosen.number)
            _require_parity(
                chosen.number,
                await parity.compare(engine, chosen.number, live=live),
                accept_differences=accept_differences,
                accept_missing=accept_missing,
            )
            async with transaction(engine) as conn:
                if await generations.live(conn) != live or not await generations.make_live(conn, chosen.number):
                    raise NotDoneError("Somebody else has changed which generation is live: look, and ask again.")
                await self._record(conn, action, chosen.number)
                districts = (await conn.execute(_DISTRICTS, {"numbers": [live, chosen.number]})).scalars()
                await store.add_changes(conn, {*(await read_register(conn)).units, *districts})
        return chosen.number

    async def _chosen(
        self, engine: AsyncEngine, number: int | None, *, among: tuple[State, ...]
    ) -> tuple[Generation, int]:
        async with transaction(engine) as conn:
            live = await generations.live(conn)
            found = [each for each in await generations.list_all(conn) if each.state in among]
        if number is not None:
            found = [each for each in found if each.number == number]
        if not found:
            wanted = " or ".join(each.value for each in among)
            raise NotDoneError(f"No generation is {wanted}: `status` shows which there are, `start` begins one.")
        return found[0], live

    async def _record(self, conn: AsyncConnection, action: str, number: int) -> None:
        actor = Actor(subject=self.by, client_id="rebuild-desk", unit=DIRECTORATE, roles=(OPERATOR,))
        await write(conn, actor, Entry(action=action, object_kind="generation", version=number))

    @asynccontextmanager
    async def _engine(self) -> AsyncIterator[AsyncEngine]:
        engine = create_engine(self.database_url, application_name="rebuild", pool_size=2)
        try:
            yield engine
        finally:
            await engine.dispose()


async def _standing(conn: AsyncConnection, generation: Generation) -> Standing:
    events, aggregates = await ConsumerStore(generation.group).count_parked(conn)
    return Standing(
        generation=generation,
        progress=await generations.progress(conn, generation.number),
        parked_events=events,
        parked_aggregates=aggregates,
    )


def _require_ready(standing: Standing) -> None:
    number = standing.generation.number
    if standing.parked_events:
        raise NotDoneError(
            f"Generation {number} has parked {standing.parked_events} events of {standing.parked_aggregates} cases and "
            f"concerns: `forkant parked list --group {standing.generation.group}` shows why. Where Kafka has removed "
            "the first events of some, `forkant republish --since` a date before them fills the gaps."
        )
    if not standing.progress.read_all:
        raise NotDoneError(
            f"Generation {number} has not read everything ({standing.progress.to_read} events are left): wait until "
            "`status` says that it has caught up. Does the worker run?"
        )


def _require_parity(number: int, found: Parity, *, accept_differences: bool, accept_missing: bool) -> None:
    if found.wrong_cells:
        raise NotDoneError(
            f"{found.wrong_cells} cells of generation {number} are not what its facts add up to: drop it, and report "
            "it."
        )
    if found.missing and not accept_missing:
        raise NotDoneError(
            f"Generation {number} doesn't know {found.missing} cases and concerns as the live one does: Kafka no "
            "longer has their events. `forkant republish --since` a date before them publishes them again. If the case "
            "service was set back to a backup and they are lost, say so with --accept-missing."
        )
    if found.different and not accept_differences:
        raise NotDoneError(
            f"{found.different} of {found.known} cases and concerns are not what the live generation says of them: "
            "`check` shows which counts would change. If that is why you rebuild, say so with --accept-differences."
        )
