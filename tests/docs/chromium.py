"""Finds the browser that the site is looked at with."""

import os
import shutil

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> str:
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.fail(
            "looking at the site needs Chromium: `sudo apt-get install chromium`, or CHROMIUM=/path", pytrace=False
        )
    return found
