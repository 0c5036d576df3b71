#!/usr/bin/env bash
# Installs a wheel into an environment of its own and tests it there, away from this repository's build:
#   crates/cli/python/test.sh "$(crates/cli/python/wheel.sh)"
set -euo pipefail
wheel=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install -q "$wheel[notebook]"
cd "$folder"
# As `uvx` runs it: by its path, with the environment not active. -P: the module is the installed one, not the one here.
env -u VIRTUAL_ENV "$folder/environment/bin/python" -P "$here/test_hovera.py" -v
