#!/usr/bin/env python3
"""What the way through Python adds to a batch: both are timed on the same columns, in turns, in one run.

Usage: PYTHONPATH=build/release/python benchmarks/python_batch.py [ROWS]

"library" is the C++ call alone, into columns that are there; "python" is Machine.estimate_batch with all that it does:
checks, new result columns, the dict. Figures are the least of the runs; the last column is their ratio.
"""

import sys
import time

import numpy as np

import hwcost
from hwcost import _core

RUNS = 25
CONVOLUTION = {"in_channels": 64.0, "kernel_height": 3.0, "kernel_width": 3.0, "in_height": 34.0, "in_width": 34.0,
               "out_height": 32.0, "out_width": 32.0}  # fmt: skip


def python_seconds(machine, columns):
    start = time.perf_counter()
    machine.estimate_batch("conv2d", columns)
    return time.perf_counter() - start


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(0)
    columns = {**CONVOLUTION, "out_channels": np.floor(rng.uniform(1, 512, rows)),
               "w_bits": rng.choice([2.0, 4.0, 8.0], rows)}  # fmt: skip
    print(f"{rows:,} rows of conv2d\n{'machine':<14}{'library':>14}{'python':>14}{'ratio':>8}")
    for name in ("mpic", "bit-ops", "memory-access", "ne16-job", "diana"):
        machine = hwcost.load_machine(name)
        library, python = [], []
        for _ in range(RUNS):
            library += _core._seconds_of_library_call(machine, "conv2d", columns, 1, 2)[1:]  # the first touches new memory
            python.append(python_seconds(machine, columns))
        inside, outside = min(library), min(python)
        print(f"{name:<14}{inside / rows * 1e9:>8.2f} ns/row{outside / rows * 1e9:>7.2f} ns/row{outside / inside:>8.2f}")


if __name__ == "__main__":
    main()
