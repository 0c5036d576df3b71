"""The installed wheel: the program, and the module for notebooks. `test.sh` runs this."""

import os
import re
import subprocess
import sysconfig
import tempfile
import unittest
from pathlib import Path

import hovera

REPOSITORY = Path(__file__).resolve().parents[3]
RECORDED = "recorded:nvidia-h100-80gb-hbm3/attention-a12"
FILE = REPOSITORY / "sweeps/recorded/nvidia-h100-80gb-hbm3/attention-a12.csv"
PROGRAM = Path(sysconfig.get_path("scripts"), "hovera")


class Installed(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder.name)

    def test_the_program_draws_both_charts_of_the_recorded_data_in_an_empty_folder(self):
        subprocess.run([PROGRAM, "plot", RECORDED], capture_output=True, check=True)
        drawn = sorted(Path().glob("*.svg"))
        self.assertEqual(len(drawn), 2, drawn)
        for name in drawn:
            self.assertIn("NVIDIA H100", name.read_text())

    def test_a_table_has_the_rows_with_their_types_and_the_conditions(self):
        table = hovera.read(FILE)
        self.assertEqual(len(table), 810)
        types = {name: str(table.dtypes[name]) for name in ("hidden", "kv_heads", "tflops", "time_median_us")}
        self.assertEqual(types, {"hidden": "Int64", "kv_heads": "Int64", "tflops": "Float64", "time_median_us": "Float64"})
        self.assertTrue(str(table.dtypes["op"]).startswith("string"))
        front_matter = table.attrs["front_matter"]
        self.assertEqual(front_matter["device"][0]["name"], "NVIDIA H100 80GB HBM3")
        self.assertEqual(front_matter["sweep"]["name"], "attention-a12")
        self.assertEqual(table.attrs["session"][0]["points"], 810)
        best = table[table.op == "score"].groupby("series").tflops.max()
        self.assertGreater(best[64], 5 * best[1])

    def test_a_recorded_sweep_is_the_same_table(self):
        self.assertTrue(hovera.read(RECORDED).equals(hovera.read(FILE)))

    def test_a_notebook_shows_the_charts(self):
        charts = hovera.plot(RECORDED)
        self.assertEqual([chart.name.rsplit("-", 2)[1] for chart in charts], ["score", "values"])
        for chart in charts:
            html = chart._repr_html_()
            self.assertTrue(html.startswith("<svg") and "Hidden Size" in html, html[:100])
        self.assertEqual(os.listdir("."), [])

    def test_what_the_program_refuses_is_an_error_with_its_words(self):
        with self.assertRaisesRegex(RuntimeError, "no such sweep is built in"):
            hovera.read("recorded:nvidia-h300/x")
        with self.assertRaises(FileNotFoundError):
            hovera.read("none.csv")

    def test_every_python_block_of_every_page_runs(self):
        pages = [page for page in REPOSITORY.rglob("*.md") if "target" not in page.parts and page.is_file()]
        blocks = [(page, block) for page in pages for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.S | re.M)]
        self.assertGreaterEqual(len(blocks), 2)
        os.chdir(REPOSITORY)
        for page, block in blocks:
            with self.subTest(page=page):
                exec(compile(block, str(page), "exec"), {"print": lambda *_: None})


if __name__ == "__main__":
    unittest.main()
