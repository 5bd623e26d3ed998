#!/usr/bin/env bash
# The tests of the alert rules run promtool, those of the runbooks Prometheus: takes both out of Debian's package where
# apt is there, else says how; those tests are skipped then. The package itself is not installed, since it would start a server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$PWD/.forkant/promtool
here() { [ -x "$target/$1" ] || command -v "$1" >/dev/null; }
if here promtool && here prometheus; then exit 0; fi
if command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
  echo "forkant: taking promtool out of Debian's package prometheus for the tests of the alert rules" >&2
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  [ "$(id -u)" != 0 ] || apt-get update -qq >&2 || true
  if (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root prometheus >&2 && dpkg-deb -x prometheus_*.deb unpacked); then
    mkdir -p "$target" && mv "$work/unpacked/usr/bin/"{promtool,prometheus} "$target/" && exit 0
  fi
fi
echo "forkant: promtool is missing, so the tests of what the alert rules do are skipped: sudo apt-get install prometheus" >&2
