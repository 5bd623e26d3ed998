"""Makes the PrometheusRule of deploy/k8s from the rules that Prometheus itself reads."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
RULES: Final = ROOT / "deploy/monitoring/rules.yml"
FILE: Final = ROOT / "deploy/k8s/components/monitoring/rules.yaml"
_HEAD: Final = """\
# Made by `python -m scripts.prometheus_rule` from deploy/monitoring/rules.yml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: forkant
  labels:
    app.kubernetes.io/part-of: forkant
spec:
"""


def document() -> str:
    """Return the resource: the text of the rules, moved in below its specification."""
    lines = RULES.read_text(encoding="utf-8").splitlines()
    body = lines[lines.index("groups:") :]
    return _HEAD + "".join(f"  {line}\n" if line else "\n" for line in body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or with `--check` compare it; the exit code is 1 when it is not as it should be."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given != ["--check"]:
        FILE.write_text(document(), encoding="utf-8")
        return 0
    if FILE.is_file() and FILE.read_text(encoding="utf-8") == document():
        return 0
    print(f"{FILE} is out of date: run python -m scripts.prometheus_rule", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
