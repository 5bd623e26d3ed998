"""Requests about where a person is reached."""

from typing import Annotated

from pydantic import Field, StringConstraints

from notification_service.api.bodies import Closed
from notification_service.api.people_bodies import shown
from notification_service.domain.contacts import ChannelName


class CodeRequest(Closed):
    """For which channel to send a new code."""

    model_config = shown({"channel": "email"})

    channel: ChannelName


class Confirmation(Closed):
    """The code that was sent to an address of yours."""

    model_config = shown({"channel": "email", "code": "00000000"})

    channel: ChannelName
    code: Annotated[str, StringConstraints(min_length=4, max_length=64, pattern=r"^[0-9A-Za-z-]+$")] = Field(repr=False)
