"""Publishes archived events once more: ``python -m indicator_service.republish --since 2026-01-01``."""

from forkant_kit.republish_command import main

if __name__ == "__main__":
    raise SystemExit(main("indicator_service"))
