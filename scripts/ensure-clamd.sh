#!/usr/bin/env bash
# The tests of scanning ask ClamAV's own daemon: installs it when that is allowed, else says how; they are skipped then.
set -euo pipefail
! command -v clamd >/dev/null || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "forkant: installing clamav-daemon with apt for the tests of scanning (you are root on a Debian system)" >&2
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends clamav-daemon; } >&2; then
    exit 0
  fi
fi
echo "forkant: clamd is missing, so the tests that ask it are skipped: sudo apt-get install clamav-daemon" >&2
