"""Every event of the platform, one frozen model for each type, gathered in ``EVENT_TYPES``."""

from typing import Final

from forkant_contracts.envelope import EventData
from forkant_contracts.events import (
    access,
    case,
    catalogue,
    concern,
    follow_up,
    information,
    measure,
    operations,
    partner,
    recovery,
    steering,
    task,
    transfer,
)

_MODULES: Final = (
    concern,
    case,
    transfer,
    measure,
    follow_up,
    partner,
    information,
    task,
    catalogue,
    steering,
    access,
    operations,
    recovery,
)

EVENT_TYPES: Final[dict[str, type[EventData]]] = {
    model.TYPE: model
    for module in _MODULES
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, EventData) and "TYPE" in vars(model)
}
"""Event models by CloudEvents type."""
