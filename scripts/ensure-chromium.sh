#!/usr/bin/env bash
# The browser tests drive Debian's Chromium: installs it when that is allowed, else says how.
set -euo pipefail
[ ! -x /usr/bin/chromium ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "forkant: installing chromium with apt for the browser tests (you are root on a Debian system)" >&2
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >&2; then
    exit 0
  fi
fi
echo "forkant: /usr/bin/chromium is missing, so the browser tests cannot run: sudo apt-get install chromium" >&2
