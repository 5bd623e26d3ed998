"""Runs all checks in their order."""

import asyncio
from collections.abc import Callable

from forkant_devstack.verify.acknowledgements import check_acknowledgements
from forkant_devstack.verify.audit import check_trails
from forkant_devstack.verify.changes import check_changes
from forkant_devstack.verify.indicators import SETTLE_SECONDS, check_indicators
from forkant_devstack.verify.pilots import check_pilots
from forkant_devstack.verify.platform import Platform
from forkant_devstack.verify.reminders import check_reminders
from forkant_devstack.verify.report import Check, Report
from forkant_devstack.verify.steering import check_plans, check_watches
from forkant_devstack.verify.stream import CATCH_UP_SECONDS, check_caught_up, check_parked
from forkant_devstack.verify.structures import check_structures
from forkant_devstack.verify.topics import check_topics


async def verify(
    platform: Platform,
    *,
    catch_up_s: float = CATCH_UP_SECONDS,
    settle_s: float = SETTLE_SECONDS,
    say: Callable[[str], None] = lambda _text: None,
) -> Report:
    """Check G1, G2, G3, G5 and G6 on a running platform; people may go on working meanwhile."""
    began = asyncio.get_running_loop().time()
    say("waiting for the stream to catch up")
    checks: list[Check] = [await check_caught_up(platform, deadline_s=catch_up_s)]
    say("comparing the case tables with the event archive and the audit trail")
    checks += await check_changes(platform.case_database)
    say("looking whether reminders came once and never early")
    checks.append(await check_reminders(platform.case_database))
    if platform.notification_database is not None:
        checks.append(await check_acknowledgements(platform.notification_database))
    say("recounting the indicators")
    checks += await check_indicators(platform, settle_s=settle_s)
    checks.append(await check_structures(platform, settle_s=settle_s))
    say("comparing the watches with the crossings that they told of")
    checks.append(await check_watches(platform.indicator_database))
    checks.append(await check_plans(platform.indicator_database))
    say("comparing pilots with what cases are opened by")
    checks.append(await check_pilots(platform))
    say("reading all topics from the beginning")
    checks += await check_topics(platform)
    checks.append(await check_parked(platform))
    say("verifying the audit chains")
    checks += await check_trails(platform.trails)
    return Report(checks=checks, seconds=asyncio.get_running_loop().time() - began)
