"""A pool of connections that tells how many are in use and how many wait for one, as when it is too small.

Connections that are made past the pool, as the relay's for listening, are not counted.
"""

from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import AsyncAdaptedQueuePool, PoolProxiedConnection
from sqlalchemy.exc import TimeoutError as NoConnectionError

from forkant_kit import db_metrics as metrics


class MeasuredPool(AsyncAdaptedQueuePool):
    """The pool of SQLAlchemy's asyncio engine, which counts who asks for a connection and has none yet."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Make it as SQLAlchemy does."""
        super().__init__(*args, **options)
        self.waiting = 0
        """How many ask for a connection now, those for whom one is being opened included."""
        _POOLS.add(self)

    def connect(self) -> PoolProxiedConnection:
        """Return a connection, as soon as there is one.

        Raises:
            sqlalchemy.exc.TimeoutError: none came free in time; it is counted.
        """
        self.waiting += 1
        try:
            return super().connect()
        except NoConnectionError:
            metrics.REFUSED.inc()
            raise
        finally:
            self.waiting -= 1


_POOLS: Final[WeakSet[MeasuredPool]] = WeakSet()


metrics.CONNECTIONS.set_function(lambda: sum(pool.size() for pool in _POOLS))
metrics.IN_USE.set_function(lambda: sum(pool.checkedout() for pool in _POOLS))
metrics.WAITING.set_function(lambda: sum(pool.waiting for pool in _POOLS))
