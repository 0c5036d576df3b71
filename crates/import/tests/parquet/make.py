"""Makes the small Parquet files beside it: made-up rows in the columns of AIConfigurator's GEMM tables, in the forms that
its files come in and that the tests' own writer cannot make. Needs pyarrow.

    python3 crates/import/tests/parquet/make.py
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 600
M = [1, 16, 1024]

table = pa.table({
    "framework": ["TRTLLM"] * ROWS,
    "version": ["1.2.3"] * ROWS,
    "device": ["NVIDIA A100-SXM4-80GB"] * ROWS,
    "op_name": ["gemm"] * ROWS,
    "kernel_source": ["torch_flow"] * ROWS,
    "gemm_dtype": ["bfloat16"] * ROWS,
    "m": [M[row % 3] for row in range(ROWS)],
    "n": [8 * (1 + row // 3) for row in range(ROWS)],
    "k": [4096] * ROWS,
    "latency": [(1 + row) / 256 for row in range(ROWS)],
})

for name, options in {
    "zstd": {"compression": "zstd"},
    "zstd-pages-of-version-2": {"compression": "zstd", "data_page_version": "2.0", "data_page_size": 512},
    "snappy": {"compression": "snappy", "row_group_size": 250},
    "gzip": {"compression": "gzip"},
}.items():
    pq.write_table(table, Path(__file__).with_name(f"{name}.parquet"), **options)
