#!/usr/bin/env bash
# Builds the wheel into target/wheels and prints its name. It runs on every Linux with glibc 2.17 or newer, because Zig links
# it for that libc. With --quick: unoptimised and for this machine's libc, for tests.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
tools=$target/wheel-tools
if [ ! -x "$tools/bin/maturin" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install -q maturin==1.16.0
fi
export PATH=$tools/bin:$PATH

rm -rf "$target/wheels"
if [ "${1:-}" = --quick ]; then
    maturin build --locked --profile dev --compatibility linux --out "$target/wheels" >&2
else
    pip install -q ziglang==0.17.1
    maturin build --locked --release --zig --compatibility manylinux_2_17 --out "$target/wheels" >&2
fi
echo "$target"/wheels/*.whl
