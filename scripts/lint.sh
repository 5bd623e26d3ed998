#!/usr/bin/env bash
# Every static check, all of them even when one fails, each with its name.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=.venv/bin
failed=()

check() {
  local name=$1
  shift
  printf '\033[1m== %s\033[0m\n' "$name"
  "$@" || failed+=("$name")
}

shell_syntax() {
  local file status=0
  while IFS= read -r file; do bash -n "$file" || status=1; done < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
  return $status
}

sources=()
for package in libs/*/src/* services/*/src/*; do [ -f "$package/__init__.py" ] && sources+=("$package"); done

check "ruff check" $bin/ruff check
check "ruff format" $bin/ruff format --check
check "mypy --strict" $bin/mypy "${sources[@]}" scripts
check "import directions" $bin/lint-imports
check "event contracts" $bin/forkant contracts check
check "files generated from the contracts" $bin/forkant contracts generate --check
for service in case indicator notification; do
  check "openapi of the $service service" $bin/python -m "${service}_service.openapi" --check
done
check "client of the case service" $bin/python -m scripts.generate_case_client --check
check "alert rules on Kubernetes" $bin/python -m scripts.prometheus_rule --check
check "realm of the log-in in containers" $bin/python -m forkant_devstack.compose.realm --check
check "page of the settings" $bin/python -m forkant_devstack.reference.settings_page --check
check "shell syntax" shell_syntax

if [ ${#failed[@]} -gt 0 ]; then
  printf '\033[1;31mfailed:\033[0m %s\n' "${failed[@]}"
  exit 1
fi
