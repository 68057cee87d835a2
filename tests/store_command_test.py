#!/usr/bin/env python3
"""hwcost store as a user meets it: tables go in and come out, stores merge, faults are one line.

Usage: store_command_test.py HWCOST
"""

import csv
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HWCOST = sys.argv[1]
TABLE = """op,in_channels,out_channels,kernel_h,kernel_w,in_h,in_w,pad_h,pad_w,groups,measured_latency_seconds,x_isa,x_activation,x_network
conv2d,64,64,3,3,56,56,1,1,1,1.25e-4,avx2,relu,net
conv2d,64,64,3,3,56,56,1,1,64,2.5e-5,avx2,,net
linear,512,10,1,1,1,1,0,0,1,3.75e-6,avx512_core_vnni,,net
"""


def hwcost(folder, *arguments, status=0):
    run = subprocess.run([HWCOST, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=folder)
    assert run.returncode == status, (arguments, run.returncode, run.stdout, run.stderr)
    assert status == 0 or len(run.stderr.splitlines()) == 1, run.stderr
    return run.stdout if status == 0 else run.stderr


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def times(text):
    return sorted(float(row["measured_latency_seconds"]) for row in rows(text))


def tables_go_in_and_come_out(folder):
    assert hwcost(folder, "store", "import", "a.db", "a.csv") == "3 added, 0 replaced, 0 kept, 0 identical\n"
    assert hwcost(folder, "store", "import", "a.db", "a.csv") == "0 added, 0 replaced, 0 kept, 3 identical\n"
    exported = hwcost(folder, "store", "export", "a.db")
    assert times(exported) == [3.75e-6, 2.5e-5, 1.25e-4], exported
    assert sum(row["x_activation"] == "relu" for row in rows(exported)) == 1
    hwcost(folder, "store", "export", "a.db", "--output", "b.csv")
    assert hwcost(folder, "store", "import", "a.db", "b.csv") == "0 added, 0 replaced, 0 kept, 3 identical\n"
    hwcost(folder, "price", "b.csv", "--hw", "counts")  # it is a layer table
    assert "a.db is read here" in hwcost(folder, "store", "export", "a.db", "--output", "./a.db", status=2)
    assert hwcost(folder, "store", "export", "a.db") == exported
    listed = hwcost(folder, "store", "list", "a.db")
    assert "avx2" in listed and "groups=64" in listed and "125 us" in listed, listed


def measurements_of_two_machines_are_named_by_number(folder):
    told = hwcost(folder, "compare", "a.csv", "--hw", "cascadelake-vnni", "--against", "a.db", status=1)
    assert "a.db: error: holds measurements of several machines" in told, told
    assert "(measurement 1: unknown, avx2, " in told and "; measurement 3: unknown, avx512_core_vnni, " in told, told


def benchmarks_go_in(folder):
    run = {"run_type": "iteration", "iterations": 9, "time_unit": "us"}
    document = {
        "context": {"isa": "avx2"},
        "benchmarks": [
            {"name": "BM_linear/in_channels:8/out_channels:4", "real_time": 2.5, **run},
            {"name": "linear/in_channels:9/out_channels:4", "error_occurred": True, "error_message": "no kernel"},
        ],
    }
    (folder / "b.JSON").write_text(json.dumps(document))
    assert hwcost(folder, "store", "import", "b.db", "b.JSON") == "1 added, 0 replaced, 0 kept, 0 identical\n"
    (seconds,) = times(hwcost(folder, "store", "export", "b.db"))
    assert abs(seconds - 2.5e-6) < 1e-18, seconds


def stores_merge(folder):
    faster = TABLE.replace("1.25e-4", "1.0e-4") + "linear,512,20,1,1,1,1,0,0,1,4e-6,avx2,,net\n"
    (folder / "faster.csv").write_text(faster)
    hwcost(folder, "store", "import", "other.db", "faster.csv")
    assert hwcost(folder, "store", "merge", "a.db", "other.db") == "1 added, 0 replaced, 1 kept, 2 identical\n"
    assert 1.25e-4 in times(hwcost(folder, "store", "export", "a.db"))
    merged = hwcost(folder, "store", "merge", "a.db", "other.db", "--conflicts", "replace")
    assert merged == "0 added, 1 replaced, 0 kept, 3 identical\n", merged
    assert 1.25e-4 not in times(hwcost(folder, "store", "export", "a.db"))


def prune_needs_a_condition_and_keeps_to_it(folder):
    hwcost(folder, "store", "prune", "a.db", status=2)
    hwcost(folder, "store", "prune", "a.db", "--before", "yesterday", status=2)
    assert hwcost(folder, "store", "prune", "a.db", "--isa", "avx2", "--ungated") == "3 removed, 1 left\n"


def faults_are_one_line(folder):
    (folder / "no.db").write_text("this is a text, and no database at all " * 40)
    assert "no.db: error: is no store of measurements" in hwcost(folder, "store", "list", "no.db", status=1)
    assert "missing.db: error: cannot be read" in hwcost(folder, "store", "export", "missing.db", status=1)
    (folder / "bad.csv").write_text(TABLE.replace("3.75e-6", ""))
    assert "bad.csv:4: error: measured_latency_seconds is missing" in hwcost(
        folder, "store", "import", "new.db", "bad.csv", status=1
    )
    assert not (folder / "new.db").exists()
    hwcost(folder, "store", "import", "a.db", "a.csv", "--conflicts", "best", status=2)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.csv").write_text(TABLE)
        tables_go_in_and_come_out(folder)
        measurements_of_two_machines_are_named_by_number(folder)
        benchmarks_go_in(folder)
        stores_merge(folder)
        prune_needs_a_condition_and_keeps_to_it(folder)
        faults_are_one_line(folder)


if __name__ == "__main__":
    main()
