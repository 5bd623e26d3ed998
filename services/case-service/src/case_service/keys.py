"""Shows the keys that free text is sealed under, or seals under the newest: ``python -m case_service.keys reseal``.

The words that cases are found by are kept under keys derived from these, and written anew with them.
"""

from typing import Final

from forkant_kit.vault_command import Beside, main

from case_service.store.rewording import count, reword

WORDS: Final = Beside(name="texts' words", count=count, renew=reword)

if __name__ == "__main__":
    raise SystemExit(main("case_service", beside=(WORDS,)))
