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
# Both charts by uvx, with nothing installed: from the file of the wheel, as from PyPI by its name.
python3 -m venv "$folder/uv"
"$folder/uv/bin/pip" install -q uv==0.13.9
UV_CACHE_DIR=$folder/cache "$folder/uv/bin/uvx" --quiet --from "$wheel" hovera plot recorded:nvidia-h100-80gb-hbm3/attention-a12 \
    --format svg --output "$folder/charts"
[ "$(ls "$folder/charts" | wc -l)" = 2 ] || { echo "uvx drew not both charts: $(ls "$folder/charts")" >&2; exit 1; }
# By its path, with the environment not active. -P: the module is the installed one, not the one here.
env -u VIRTUAL_ENV "$folder/environment/bin/python" -P "$here/test_hovera.py" -v
