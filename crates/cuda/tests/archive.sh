#!/usr/bin/env bash
# Packs the GPU tests for a machine that has a GPU but no cargo: gpu-test/ and gpu-test.tar.gz in the
# repository's root. There:
#
#     tar xf gpu-test.tar.gz
#     gpu-test/run                  the tests, one at a time, with what they measured
#     gpu-test/run NAME...          those whose names contain one of these
#     gpu-test/run --agreement      hovera beside torch.bmm (needs Python with PyTorch)
#     gpu-test/run --kernels        the kernels of the canonical sweep beside those of torch.bmm (needs Python with
#                                   PyTorch)
#     gpu-test/run --misbehaving    a sweep that is killed, broken and starved (needs Python, and cuBLAS in
#                                   LD_LIBRARY_PATH)
#
# Libraries are looked for as hovera does everywhere: set LD_LIBRARY_PATH where cuBLAS is in no usual place.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

packed=gpu-test
target="${CARGO_TARGET_DIR:-target}"
rm -rf "$packed" "$packed.tar.gz"
mkdir "$packed"

cargo build --release --locked -p hovera
# cargo says where it put the test binary; its name has a hash.
binary=$(cargo test --release --locked -p hovera-cuda --test gpu --no-run --message-format=json |
    sed -n 's/.*"name":"gpu".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
cp "$binary" "$packed/gpu"
cp "$target/release/hovera" "$packed/hovera"
cp crates/cuda/tests/{torch_bmm.py,agreement.py,agreement.toml,misbehaving.py,kernels.py} "$packed/"
cp crates/bench/tests/repeatability.toml sweeps/attention-a12.toml "$packed/"
rustc --edition 2024 -O --crate-type cdylib -o "$packed/libbroken.so" crates/cuda/tests/broken/libcublas.rs

cat >"$packed/run" <<'RUN'
#!/usr/bin/env bash
# Runs hovera's GPU tests, its comparison with torch.bmm, or a sweep that is mistreated. See crates/cuda/tests/archive.sh.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if [ "${1:-}" = --agreement ]; then
    exec python3 "$here/agreement.py" "$here/hovera" "$here/agreement.toml"
fi
if [ "${1:-}" = --kernels ]; then
    exec python3 "$here/kernels.py" "$here/hovera" "$here/attention-a12.toml"
fi
if [ "${1:-}" = --misbehaving ]; then
    exec python3 "$here/misbehaving.py" "$here/hovera" "$here/repeatability.toml" --broken-cublas "$here/libbroken.so"
fi
# Each in a process of its own: what one leaves of the driver does not meet the next.
tests=$("$here/gpu" --ignored --list "$@" | sed -n 's/: test$//p')
[ -n "$tests" ] || { echo "no test is called so: $*" >&2; exit 2; }
failed=()
for test in $tests; do
    "$here/gpu" --ignored --nocapture --exact "$test" || failed+=("$test")
done
echo "$(wc -w <<<"$tests") tests, ${#failed[@]} failed: ${failed[*]-}"
[ ${#failed[@]} -eq 0 ]
RUN
chmod +x "$packed/run"

tar czf "$packed.tar.gz" --owner=0 --group=0 --numeric-owner "$packed"
printf '%s: %s\n' "$packed.tar.gz" "$(du -h "$packed.tar.gz" | cut -f 1)"
