"""Prints the SHA-256 of what Maven resolves now, for SHA256SUMS after a change of pom.xml."""

import tempfile
from pathlib import Path

from forkant_devstack.native.kafka.jars import sha256
from forkant_devstack.native.object_store.jars import fetch

with tempfile.TemporaryDirectory() as folder:
    libs = Path(folder) / "libs"
    fetch(libs, install=False, progress=lambda _: None)
    for path in sorted(libs.iterdir()):
        print(f"{sha256(path)}  {path.name}")
