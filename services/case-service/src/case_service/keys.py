"""Shows the keys that free text is sealed under, or seals under the newest: ``python -m case_service.keys reseal``."""

from forkant_kit.vault_command import main

if __name__ == "__main__":
    raise SystemExit(main("case_service"))
