"""The eight stories that the demo always tells; all subjects are pseudonym codes and all places are invented."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from forkant_devstack.demo.script import Script
from forkant_devstack.demo.story_matters import image_sharing, phone_fraud, violent_square, youth_gang
from forkant_devstack.demo.story_people import domestic_concern, drugs_and_return, extremist_posts, school_fights

STORIES: Final[tuple[Callable[[datetime], list[Script]], ...]] = (
    school_fights,
    drugs_and_return,
    youth_gang,
    violent_square,
    image_sharing,
    extremist_posts,
    phone_fraud,
    domestic_concern,
)
"""The eight stories in order."""


def all_stories(now: datetime) -> list[Script]:
    """Return the scripts of the eight stories, placed so that they have played out by ``now``."""
    return [script for story in STORIES for script in story(now)]
