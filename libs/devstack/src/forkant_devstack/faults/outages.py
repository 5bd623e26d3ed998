"""Faults of the servers: Kafka or PostgreSQL ends, in order or not, and comes back."""

import asyncio
import signal

import asyncpg
import psutil

from forkant_devstack.faults.trial import Trial


async def restart_broker(trial: Trial) -> None:
    """Stop Kafka in order and start it again."""
    async with trial.fault("broker restart"):
        await trial.servers.kafka.restart()


async def broker_away(trial: Trial, *, seconds: float) -> None:
    """Kill Kafka and start it again after some time."""
    async with trial.fault("broker away", seconds=seconds):
        await trial.servers.kafka.kill()
        await asyncio.sleep(seconds)
        await trial.servers.kafka.start()


async def kill_postgres(trial: Trial) -> None:
    """Kill PostgreSQL with all its connections and start it again, so that it recovers from its log."""
    async with trial.fault("PostgreSQL killed and started"):
        await trial.servers.postgres.kill()
        await trial.servers.postgres.start()


async def quit_postgres(trial: Trial) -> None:
    """Stop PostgreSQL in its immediate mode, which drops all work under way, and start it again."""
    async with trial.fault("PostgreSQL stopped at once and started"):
        postmaster = await _postmaster(trial)
        postmaster.send_signal(signal.SIGQUIT)

        async def ended() -> bool:
            return not postmaster.is_running() or postmaster.status() == psutil.STATUS_ZOMBIE

        await trial.until(ended, what="PostgreSQL ended")
        # It is dead already; this buries it.
        await trial.servers.postgres.kill()
        await trial.servers.postgres.start()


async def _postmaster(trial: Trial) -> psutil.Process:
    connection = await asyncpg.connect(trial.database.owner_url, timeout=5)
    try:
        backend = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
        return psutil.Process(backend.ppid())
    finally:
        await connection.close(timeout=1)
