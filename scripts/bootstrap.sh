#!/usr/bin/env bash
# Brings .venv in step with uv.lock, from nothing but Python 3.11+; returns at once when nothing changed.
# Everything lives in this folder: uv in .forkant/tools, the environment in .venv. Safe to run again at any time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
tools=$root/.forkant/tools
stamp=$tools/synced

say() { printf '\033[1mforkant:\033[0m %s\n' "$*" >&2; }
stop_with() {
  printf '\033[1;31mforkant:\033[0m %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '         %s\n' "$@" >&2
  exit 1
}
is_debian_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
  say "installing $* with apt (you are root on a Debian system)"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2 ||
    stop_with "apt could not install $*" "See the lines above; then run the same command again."
}

fingerprint() {
  { printf '%s\n' "$root"; cat uv.lock pyproject.toml libs/*/pyproject.toml services/*/pyproject.toml \
      scripts/tools.txt scripts/bootstrap.sh; } | sha256sum
}

find_python() {
  local name
  for name in "${FORKANT_PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null &&
      "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      "$name" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  return 1
}

ensure_python() {
  python=$(find_python) && return
  if ! command -v python3 >/dev/null && is_debian_root; then
    apt_install python3 python3-venv
    python=$(find_python) && return
  fi
  stop_with "Python 3.11, 3.12 or 3.13 is needed; found: $(python3 --version 2>/dev/null || echo none)" \
    "Debian 12 or later: sudo apt-get install python3 python3-venv" \
    "Elsewhere: install one from https://www.python.org/downloads/ and run the same command again," \
    "or name it: FORKANT_PYTHON=/path/to/python3.11 make up"
}

ensure_venv_module() {
  "$python" -c 'import ensurepip, venv' 2>/dev/null && return
  local package
  package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
  is_debian_root || stop_with "$python cannot make isolated environments (its ensurepip module is missing)" \
    "Debian and Ubuntu: sudo apt-get install $package" "Then run the same command again."
  apt_install "$package"
}

explain_download() {
  stop_with "$1" "$("$python" scripts/explain_download.py)" "Nothing is half installed: running the same command again goes on from here."
}

install_uv() {
  if [ -x "$tools/bin/uv" ] && cmp -s scripts/tools.txt "$tools/installed.txt" && "$tools/bin/uv" --version >/dev/null 2>&1; then
    return
  fi
  ensure_venv_module
  say "installing uv into .forkant/tools"
  rm -rf "$tools"
  "$python" -m venv "$tools"
  "$tools/bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes --only-binary :all: \
    -r scripts/tools.txt >&2 || explain_download "uv could not be downloaded."
  cp scripts/tools.txt "$tools/installed.txt"
}

sync() {
  say "installing the locked dependencies into .venv"
  unset VIRTUAL_ENV
  local uv=("$tools/bin/uv" --no-python-downloads)
  # uv brings certificate authorities of its own, which don't know those an organisation adds to the system's.
  [ ! -e /etc/ssl/certs/ca-certificates.crt ] || uv+=(--system-certs)
  UV_PROJECT_ENVIRONMENT=$root/.venv "${uv[@]}" sync --locked --compile-bytecode --python "$python" >&2 && return
  if UV_PROJECT_ENVIRONMENT=$root/.venv "${uv[@]}" lock --check --python "$python" 2>&1 | grep -q 'needs to be updated'; then
    stop_with "uv.lock does not fit a pyproject.toml" "After editing dependencies: .forkant/tools/bin/uv lock"
  fi
  explain_download "The dependencies could not be installed (see above)."
}

up_to_date() { [ -x .venv/bin/python ] && [ -x .venv/bin/forkant ] && [ "$(fingerprint)" = "$(cat "$stamp" 2>/dev/null)" ]; }

up_to_date && exit 0
mkdir -p .forkant
if command -v flock >/dev/null; then
  exec 9>.forkant/bootstrap.lock
  flock -n 9 || { say "waiting for another set-up in this folder"; flock 9; }
  up_to_date && exit 0
fi
ensure_python
install_uv
sync
fingerprint >"$stamp"
say "ready"
