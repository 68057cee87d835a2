"""Run by the interpreter of an installed package, away from the sources: it finds its machines and prices."""

import sys

import numpy

import hwcost

model, version = sys.argv[1:]
assert hwcost.__version__ == version, (hwcost.__version__, version)
assert "mpic" in hwcost.machine_names()
report = hwcost.evaluate(model, "mpic")
assert report.totals["latency_cycles"] > 0
batch = hwcost.load_machine("ne16-plinio").estimate_batch("linear", {"out_channels": numpy.ones(3)})
assert batch["latency_cycles"].shape == (3,)
print(f"{hwcost.__file__} works")
