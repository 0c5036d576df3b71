#!/usr/bin/env python3
"""Writes scipy's results that the statistics of hovera-core are held against: scipy_results.json.

    pip install scipy==1.17.1 && python3 crates/analysis/tests/scipy/scipy_results.py
"""

import json
import pathlib

import numpy
import scipy
from scipy import stats

random = numpy.random.default_rng(20240125)
z = [-8.0, -3.0, -1.0, -1e-9, 0.0, 0.5, 1.0, 1.959963984540054, 3.0, 5.0, 8.0, 12.0, 20.0, 37.0]
t = [-4.0, -0.5, 0.0, 0.7, 1.0, 2.0, 4.303, 12.7, 63.0]
freedom = [1.0, 1.48, 2.0, 4.0, 9.0, 63.0, 3699.0]
probabilities = [0.001, 0.025, 0.3, 0.5, 0.84, 0.95, 0.975, 0.995]

# Mostly nothing and some discoveries; ties; a single one; none at all below the others.
families = [
    list(numpy.concatenate([random.uniform(size=40), random.uniform(size=10) * 1e-3])),
    [0.01, 0.01, 0.02, 0.02, 0.02, 1.0, 1.0],
    [0.04],
    [0.9, 0.5, 0.7],
    list(random.beta(0.3, 1.0, size=200)),
]
samples = [
    list(random.normal(100.0, 3.0, size=25)),
    list(random.exponential(10.0, size=40)),
    [1.0, 1.0, 1.0, 7.0],
    [5.0],
    [-2.0, -1.0, 4.0, 8.0],
]

results = {
    "scipy": scipy.__version__,
    "normal_upper_tail": [[x, stats.norm.sf(x)] for x in z],
    "normal_95": stats.norm.ppf(0.975),
    "student_upper_tail": [[x, f, stats.t.sf(x, f)] for x in t for f in freedom],
    "student_quantile": [[p, f, stats.t.ppf(p, f)] for p in probabilities for f in freedom],
    "false_discovery_control": [[p, list(stats.false_discovery_control(p, method="bh"))] for p in families],
    "median_abs_deviation": [[x, stats.median_abs_deviation(x)] for x in samples],
    "normal_mad_factor": 1 / stats.norm.ppf(0.75),
    # The 95 % interval of the median that no distribution is needed for: the ranks and their coverage.
    "quantile_interval": [
        [n, int(stats.binom.ppf(0.025, n, 0.5)), stats.binom.cdf(stats.binom.ppf(0.025, n, 0.5) - 1, n, 0.5)]
        for n in [6, 7, 8, 9, 12, 18, 24, 32, 50, 99, 200, 1000]
    ],
}
path = pathlib.Path(__file__).with_name("scipy_results.json")
path.write_text(json.dumps(results, indent=1) + "\n")
