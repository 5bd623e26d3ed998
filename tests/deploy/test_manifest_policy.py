"""A linter that knows what goes wrong on Kubernetes finds nothing to say, or what is said has an answer here."""

import json
import shutil
import subprocess

import pytest

from .manifests import OVERLAYS, ROOT, needs_kubectl, text_of

_BROUGHT = sorted((ROOT / ".forkant/kube-score").glob("v*/kube-score"))
PROGRAM = str(_BROUGHT[-1]) if _BROUGHT else shutil.which("kube-score")
"""What scripts/ensure-kube-score.sh brings, or the machine's own."""
OLDEST = "v1.33"

EXEMPT = {
    # Versions are tags of their own, so that asking again finds the same; and a pod shall start where a registry is away.
    "container-image-pull-policy",
    # Spreading by topologySpreadConstraints does what this asks for, and goes on where there are fewer nodes than pods.
    "deployment-has-host-podantiaffinity",
}
EXEMPT_OF_DEV = {
    # One of each is enough to look at.
    "horizontalpodautoscaler-replicas",
}
BESIDES = ("container-seccomp-profile", "container-ports-check", "pod-probes-identical")
"""Checks that are not made unless asked for."""

pytestmark = [
    needs_kubectl,
    pytest.mark.skipif(
        PROGRAM is None,
        reason="kube-score is missing, so no policy was held against the manifests: scripts/ensure-kube-score.sh",
    ),
]


def findings(text: str, *, exempt: set[str]) -> dict[str, set[str]]:
    """Return what is found by the resource's kind and name."""
    options = [option for name in sorted(exempt) for option in ("--ignore-test", name)]
    options += [option for name in BESIDES for option in ("--enable-optional-test", name)]
    # A limit of the processor slows a pod down while others idle; the limits of memory and disk are what protects a node.
    command = [str(PROGRAM), "score", "--ignore-container-cpu-limit", "--kubernetes-version", OLDEST, *options]
    found = subprocess.run([*command, "-o", "json", "-"], input=text, capture_output=True, text=True, check=False)
    return {
        name: {check["check"]["id"] for check in each["checks"] if not check["skipped"] and check["grade"] < 10}
        for each in json.loads(found.stdout)
        for name in [f"{each['type_meta']['kind']}/{each['object_meta']['name']}"]
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_linter_finds_nothing_that_has_no_answer(overlay):
    found = findings(text_of(overlay), exempt=EXEMPT | (EXEMPT_OF_DEV if overlay == "dev" else set()))
    assert {name: checks for name, checks in found.items() if checks} == {}
    assert "Deployment/case-worker" in found


def test_each_exemption_is_still_needed():
    found = findings(text_of("production"), exempt=set())
    assert set().union(*found.values()) == EXEMPT
    assert set().union(*findings(text_of("dev"), exempt=EXEMPT).values()) >= EXEMPT_OF_DEV


@pytest.mark.parametrize(
    ("right", "wrong", "check"),
    [
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "container-security-context-readonlyrootfilesystem"),
        ("image: forkant/case-service:0.1.0", "image: forkant/case-service:latest", "container-image-tag"),
        ("kind: PodDisruptionBudget", "kind: PodDisruptionBudgetOfOld", "deployment-has-poddisruptionbudget"),
        ("            memory: 512Mi\n", "", "container-resources"),
    ],
)  # fmt: skip
def test_what_the_linter_is_for_is_found(right, wrong, check):
    text = text_of("production")
    assert right in text
    assert check in set().union(*findings(text.replace(right, wrong), exempt=EXEMPT).values())
