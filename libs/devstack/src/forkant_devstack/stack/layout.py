"""Where things are: the repository (or the folder in FORKANT_ROOT) and what `.forkant/` in it holds."""

import os
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.process import DevstackError

_LEVELS_TO_ROOT = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one platform on this machine."""

    root: Path

    @property
    def state(self) -> Path:
        """All of what is kept, save what other users must reach (see native.places)."""
        return self.root / ".forkant"

    @property
    def run(self) -> Path:
        """The lock and the state file of the running platform."""
        return self.state / "run"

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.state / "logs"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, made on first start."""
        return self.state / "secrets.json"

    @property
    def issuer_key(self) -> Path:
        """The key of the development issuer, so that tokens outlive a restart."""
        return self.state / "issuer-key.json"

    @property
    def broker_address(self) -> Path:
        """Where the embedded broker says which port it took."""
        return self.run / "broker.json"


def find_layout() -> Layout:
    """Give the layout of FORKANT_ROOT, else of the repository that this file is in."""
    chosen = os.environ.get("FORKANT_ROOT")
    if chosen:
        return Layout(Path(chosen).resolve())
    root = Path(__file__).resolve().parents[_LEVELS_TO_ROOT]
    if not (root / "uv.lock").exists():
        raise DevstackError(
            "the forkant command does not run from its repository", hint="set FORKANT_ROOT to a folder for its state"
        )
    return Layout(root)
