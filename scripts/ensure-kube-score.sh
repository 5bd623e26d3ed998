#!/usr/bin/env bash
# The tests of the Kubernetes manifests have kube-score judge them: built out of Go's module proxy, which checks it against
# Go's checksum database, where Go is there. Else it says how; that test is skipped then.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=v1.20.0
target=$PWD/.forkant/kube-score
[ ! -x "$target/$version/kube-score" ] || exit 0
if command -v go >/dev/null; then
  echo "forkant: building kube-score $version for the tests of the Kubernetes manifests (a minute of a processor)" >&2
  mkdir -p "$target"
  GOBIN=$target/.$version GOFLAGS=-buildvcs=false GOTOOLCHAIN=local go install "github.com/zegl/kube-score/cmd/kube-score@$version" >&2 &&
    mv "$target/.$version" "$target/$version" && exit 0
fi
echo "forkant: kube-score is missing, so no policy was held against the Kubernetes manifests: install Go 1.24 or later" >&2
