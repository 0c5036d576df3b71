# Names for the commands of this repository; every one is plain cargo.

# Redraw every figure from the recorded sweeps.
figures:
    cargo run --release -- figures

# Write the report of the H100 and the H200 from the recorded sweeps, one of the figures.
report:
    cargo run --release -- report sweeps/recorded/nvidia-h100-80gb-hbm3/attention-a12.csv \
        sweeps/recorded/nvidia-h200/attention-a12.csv -o figures/report-h100-h200.html

# What CI runs as tests.
test:
    cargo test --workspace

# A results file of ten million rows; takes 10 GB of memory.
ten-million:
    cargo test --release -p hovera-core --lib -- --ignored ten_million

# A sweep stopped at every byte that it writes, and 300 sweeps killed by SIGKILL until they are done.
torture:
    cargo test --release -p hovera-bench --lib -- --ignored --nocapture both_stopped_at_every_byte three_hundred_sweeps

# How often a gate of CI closes by chance, and finds 3 %: a thousand simulated gates on each card.
gate:
    cargo test --release -p hovera-analysis --test comparison -- --ignored --nocapture of_a_thousand_gates

# What the journal's syncing costs, on the disk of this folder.
bench-durability folder=".":
    cargo bench -p hovera-bench --bench durability -- {{folder}}

# Fuzz what is read from files, each target for so long (needs cargo install cargo-fuzz).
fuzz target="journal_repair" seconds="600":
    cargo fuzz run --fuzz-dir crates/fuzz --sanitizer none {{target}} -- -max_total_time={{seconds}}

# The wheel, built and tested (minutes: an optimised build).
wheel:
    crates/cli/python/test.sh "$(crates/cli/python/wheel.sh)"

# Formatting, clippy, documentation.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Measure the published charts on this machine's GPU.
sweep spec="sweeps/attention-a12.toml" *flags:
    cargo run --release -- run {{spec}} {{flags}}

# Build the GPU tests into one archive to carry to a machine with a GPU; there: tar xf, then ./gpu-test/run.
gpu-test:
    crates/cuda/tests/archive.sh

# Time 100,000 points drawn by hovera and by matplotlib, one after the other (needs matplotlib).
bench-charts points="100000":
    cargo bench -p hovera-plot --bench render -- {{points}}
    python3 crates/plot/benches/matplotlib_lines.py {{points}}

# The rows of the a = 128 reference from the original's log: sizing/results/transformer_data/h_sweep.out of
# EleutherAI/cookbook at commit fb3e361.
reference-a128 log:
    cargo run --release -- import cookbook {{log}} --op score,values --tensor-parallel 1 \
        --device "NVIDIA A100-SXM4-40GB" --licence Apache-2.0 \
        --source "EleutherAI/cookbook, commit fb3e361, sizing/results/transformer_data/h_sweep.out" \
        -o sweeps/reference/a100-sxm4-40gb-attention-a128.csv

# The GEMMs of reference cards: from checkouts of ai-dynamo/aiconfigurator (commit 095f58a5), baidu-research/DeepBench
# (da81ba78) and ROCm/aiter (e4048607), each a folder.
reference-gemms aiconfigurator deepbench aiter:
    sweeps/reference/make-gemms.sh {{aiconfigurator}} {{deepbench}} {{aiter}}
