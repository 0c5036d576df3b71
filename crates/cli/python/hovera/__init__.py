"""hovera in a notebook: results files as tables, charts as pictures.

The program does the work; this module starts it and reads what it writes.
"""

import io
import itertools
import shutil
import subprocess
import sysconfig
import tempfile
import tomllib
from pathlib import Path

__all__ = ["Chart", "plot", "read", "run"]


def _program():
    """The program of this environment, and where that has none, of the path."""
    installed = Path(sysconfig.get_path("scripts"), "hovera")
    found = str(installed) if installed.exists() else shutil.which("hovera")
    if found is None:
        raise FileNotFoundError("the program hovera is neither in this environment nor in the path")
    return found


def run(*arguments):
    """What `hovera ARGUMENTS` prints to standard output. Raises RuntimeError with its message where it fails."""
    done = subprocess.run([_program(), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def read(results):
    """The rows of a results file, or of `recorded:GPU/SWEEP`, as a pandas table with typed columns.

    `table.attrs["front_matter"]` has the conditions: card, software, method, spec. `table.attrs["session"]` has
    what each run said at its end.
    """
    import pandas

    name = str(results)
    if name.startswith("recorded:"):
        text = run("recorded", name.removeprefix("recorded:"))
    else:
        text = Path(results).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    is_comment = lambda line: line.startswith("#")  # noqa: E731
    head = list(itertools.takewhile(is_comment, lines))
    tail = list(itertools.takewhile(is_comment, reversed(lines)))[::-1] if len(head) < len(lines) else []
    rows = "".join(lines[len(head) : len(lines) - len(tail)])
    table = pandas.read_csv(io.StringIO(rows), dtype_backend="numpy_nullable")
    table.attrs["front_matter"] = _toml(head)
    # Of a file that is being continued, the earlier runs stand ahead of the rows.
    table.attrs["session"] = table.attrs["front_matter"].pop("session", []) + _toml(tail).get("session", [])
    return table


def _toml(comments):
    return tomllib.loads("".join(line.removeprefix("#").removeprefix(" ") for line in comments))


class Chart:
    """A chart that hovera drew: an SVG, which a notebook shows."""

    def __init__(self, name, svg):
        self.name = name
        self.svg = svg

    def __repr__(self):
        return f"Chart({self.name!r})"

    def _repr_html_(self):
        return self.svg[self.svg.index("<svg") :]


def plot(*arguments):
    """The charts that `hovera plot ARGUMENTS` draws, as a list.

    Arguments are those of the command line: `hovera.plot("mine.csv", "--chart", "roofline")`.
    """
    with tempfile.TemporaryDirectory() as folder:
        run("plot", *arguments, "--format", "svg", "--output", folder)
        return [Chart(path.stem, path.read_text(encoding="utf-8")) for path in sorted(Path(folder).rglob("*.svg"))]
