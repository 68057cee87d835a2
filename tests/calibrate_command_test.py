#!/usr/bin/env python3
"""hwcost calibrate as a user meets it: its file can be used, and bad input leaves none.

Usage: calibrate_command_test.py HWCOST
"""

import contextlib
import csv
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

HWCOST = sys.argv[1]
FREE = '{ source "made up" kind guessed free "0 1e6" }'
DESCRIPTION = f"""name start
backend roofline
parameter
{{
  peak.b8  "32 MAC/cycle" {{ source "made up" kind guessed free "1 1e4" }}
  call     "50 cycle" {FREE}
}}
"""
HEAD = "name,op,in_channels,in_h,out_channels,measured_latency_cycles,x_network\n"


def table(peak=64.0, call=200.0):
    rows = [f"l{i},linear,{64 + 8 * i},{1 + i % 7},{32 + 16 * (i % 5)}" for i in range(40)]
    text = HEAD
    for i, row in enumerate(rows):
        _, _, channels, tokens, outputs = row.split(",")
        text += f"{row},{int(channels) * int(tokens) * int(outputs) / peak + call},net{i % 8}\n"
    return text


def calibrate(folder, *options):
    return subprocess.run([HWCOST, "calibrate", "--hw", str(folder / "start.info"), "--measurements", str(folder / "t.csv"),
                           "--output", str(folder / "fitted.info"), *options], capture_output=True, text=True, check=False)


def run(*words):
    return subprocess.run([HWCOST, *map(str, words)], capture_output=True, text=True, check=False)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "start.info").write_text(DESCRIPTION)

        lines = table().splitlines()
        broken = {
            "no measurement": HEAD.replace("measured_latency_cycles", "x_cycles") + "\n".join(lines[1:]) + "\n",
            "too few": "\n".join(lines[:4]) + "\n",
            "not positive": table().replace(lines[3], ",".join(lines[3].split(",")[:5]) + ",0,net1"),
            "not a number": table().replace(lines[3], ",".join(lines[3].split(",")[:5]) + ",nan,net1"),
        }
        for what, text in broken.items():
            (folder / "t.csv").write_text(text)
            result = calibrate(folder)
            assert result.returncode == 1, (what, result)
            assert result.stderr.count("\n") == 1 and "error: " in result.stderr, (what, result.stderr)
            assert result.stdout == "" and not (folder / "fitted.info").exists(), what
        (folder / "t.csv").write_text(table())
        fixed = DESCRIPTION.replace(' free "1 1e4"', "").replace(' free "0 1e6"', "")
        (folder / "start.info").write_text(fixed)
        result = calibrate(folder)
        assert result.returncode == 1 and "no parameter is free" in result.stderr, result
        (folder / "start.info").write_text(DESCRIPTION)
        assert calibrate(folder, "--holdout", "2").returncode == 2
        for seed in ("-1", "1.5", "99999999999999999999999"):
            assert calibrate(folder, "--seed", seed).returncode == 2, seed

        result = calibrate(folder, "--holdout", "0.25")
        assert result.returncode == 0, result.stderr
        assert "held out" in result.stdout, result.stdout
        priced = subprocess.run([HWCOST, "price", str(folder / "t.csv"), "--hw", str(folder / "fitted.info"), "--format", "csv"],
                                capture_output=True, text=True, check=True).stdout.splitlines()
        column = priced[0].split(",").index("latency_cycles")
        ends = [priced[0].split(",").index("latency_cycles" + end) for end in ("_low", "_high")]
        for row, line in zip(priced[1:], lines[1:]):
            measured = float(line.split(",")[5])
            cells = row.split(",")
            assert abs(float(cells[column]) / measured - 1.0) < 1e-4, (row, line)
            assert float(cells[ends[0]]) <= float(cells[column]) * 1.0001 and float(cells[ends[1]]) * 1.0001 >= float(cells[column])
            assert cells[-1] == "", row

        # Of one network, unseen layers are of unseen shapes; of one shape, nothing is known of any.
        one_network = "\n".join(",".join(line.split(",")[:-1] + ["net" if line != lines[0] else "x_network"]) for line in lines) + "\n"
        (folder / "t.csv").write_text(one_network)
        result = calibrate(folder)
        assert result.returncode == 0 and "unseen layers are of unseen shapes" in result.stdout, result
        assert "calibration\n" in (folder / "fitted.info").read_text()
        one_shape = HEAD + "".join(f"l{i},linear,64,1,32,{100 + i},net{i}\n" for i in range(20))
        (folder / "t.csv").write_text(one_shape)
        result = calibrate(folder)
        assert result.returncode == 0 and "unseen layers: not known" in result.stdout, result
        assert "calibration\n" not in (folder / "fitted.info").read_text()
        (folder / "t.csv").write_text(table())
        assert calibrate(folder).returncode == 0

        # A layer unlike all that was measured is said to be one.
        (folder / "far.csv").write_text("name,op,in_channels,out_channels\nfar,linear,4096,32\n")
        far = run("price", folder / "far.csv", "--hw", folder / "fitted.info")
        assert "extrapolated: in_channels 4096 (at most 376 measured)" in far.stdout, far.stdout
        assert "90 % interval" in far.stdout and "1 of 1 layers lie outside of what was measured" in far.stdout, far.stdout

        # What is written can be used, by whatever way; what could not be is refused before anything is fitted.
        fit = ("calibrate", "--hw", folder / "start.info", "--measurements", folder / "t.csv", "--output")
        (folder / "real" / "deep").mkdir(parents=True)
        (folder / "link").symlink_to(folder / "real" / "deep")
        for output in ("a;b.info", '"q".info'):
            named = run(*fit, folder / output)
            assert named.returncode == 1 and "the name '" in named.stderr and not (folder / output).exists(), named
        assert run(*fit, folder / "link" / "linked.info").returncode == 0
        for way in ("link", "real/deep"):
            priced = run("price", folder / "t.csv", "--hw", folder / way / "linked.info")
            assert priced.returncode == 0, (way, priced.stderr)
        here = subprocess.run([HWCOST, "calibrate", "--hw", "./start.info", "--measurements", "t.csv", "--output", "here.info"],
                              capture_output=True, text=True, check=False, cwd=folder)
        assert here.returncode == 0 and (folder / "here.info").exists(), here.stderr
        far = DESCRIPTION.replace("name start", "name far")
        (folder / "far.info").write_text(far)
        for name_of_one in ("start", "far"):  # itself, and one that would come between
            (folder / "real" / "far.info").write_text(far)
            named = run("calibrate", "--hw-path", folder, "--hw", name_of_one, "--measurements", folder / "t.csv", "--output",
                        folder / "real" / ("start.info" if name_of_one == "start" else "new.info"))
            assert named.returncode == 2 and "inherit" in named.stderr, named

        # A network's interval takes kinds that were never measured at their price, and says so.
        (folder / "mixed.csv").write_text("name,op,in_channels,in_h,in_w,out_channels,kernel_h,kernel_w\n"
                                          "a,linear,64,1,1,32,,\nb,conv2d,8,4,4,8,1,1\n")
        mixed = run("price", folder / "mixed.csv", "--hw", folder / "fitted.info").stdout
        assert "; too narrow: " in mixed and "% of the price is of kinds never measured" in mixed, mixed

        # A plan is a layer table of layers that were not measured yet.
        planned = run("calibrate", "--plan", "--hw", folder / "fitted.info", "--measurements", folder / "t.csv", "--pool",
                      folder / "t.csv", "--pool", folder / "far.csv", "--random-pool", "0", "--output", folder / "plan.csv")
        assert planned.returncode == 0, planned.stderr
        assert [line.split(",")[0] for line in (folder / "plan.csv").read_text().splitlines()] == ["name", "far"]
        # The kernel that runs a layer is planned with it.
        (folder / "clamped.csv").write_text("name,op,in_channels,out_channels,x_activation,x_bias_bits\nc,linear,64,33,relu6,f32\n")
        planned = run("calibrate", "--plan", "--hw", folder / "fitted.info", "--pool", folder / "clamped.csv", "--random-pool", "0",
                      "--output", folder / "plan.csv")
        (row,) = csv.DictReader((folder / "plan.csv").read_text().splitlines())
        assert (row["x_activation"], row["x_bias_bits"]) == ("relu6", "f32"), (row, planned)
        # What has no measured value is not measured; a quantised model keeps its widths; nothing is ignored in silence.
        planning = ("calibrate", "--plan", "--hw", folder / "fitted.info", "--random-pool", "0", "--output", folder / "plan.csv")
        blank = "\n".join(",".join(line.split(",")[:5] + ["" if line != lines[0] else "measured_latency_cycles"]) for line in lines)
        (folder / "blank.csv").write_text(blank + "\n")
        assert run(*planning, "--measurements", folder / "blank.csv", "--pool", folder / "t.csv").returncode == 0
        assert len((folder / "plan.csv").read_text().splitlines()) == 41
        (folder / "quantised.csv").write_text("name,op,in_channels,out_channels,in_bits,w_bits\nnarrow,linear,64,32,8,4\n")
        (folder / "wide.info").write_text(DESCRIPTION.replace("name start", "name wide\ndefault_bits w8a8"))
        assert run("calibrate", "--plan", "--hw", folder / "wide.info", "--random-pool", "0", "--pool", folder / "quantised.csv",
                   "--output", folder / "plan.csv").returncode == 0
        head, row = (line.split(",") for line in (folder / "plan.csv").read_text().splitlines())
        assert row[head.index("w_bits")] == "4", row
        assert run(*planning, "--holdout", "0.3", "--pool", folder / "t.csv").returncode == 2
        assert run(*planning, "--only", "isa=avx2", "--pool", folder / "t.csv").returncode == 2
        nothing = run(*planning, "--measurements", folder / "t.csv", "--pool", folder / "t.csv")
        assert nothing.returncode == 1 and "t.csv and 0 random layers: error: " in nothing.stderr, nothing.stderr
        assert "no.so" in run(*planning, "--plugin", "./no.so", "--pool", folder / "t.csv").stderr

        residuals_are_left_out_where_the_fit_is_exact(folder)
        if run("store", "--help").returncode == 0:  # the component may be absent
            stores_are_measurements(folder)


def stores_are_measurements(folder):
    """A store gives what its export gives."""
    (folder / "start.info").write_text(DESCRIPTION.replace("parameter\n{", 'parameter\n{\n  clock "1 GHz" { source "made up" kind guessed }'))
    head, *lines = table().replace("measured_latency_cycles", "measured_latency_seconds").splitlines()
    rows = [line.split(",") for line in lines]
    (folder / "t.csv").write_text("\n".join([head, *(",".join([*row[:5], f"{float(row[5]) / 1e9!r}", row[6]]) for row in rows)]) + "\n")
    assert run("store", "import", folder / "t.db", folder / "t.csv").returncode == 0
    assert run("store", "export", folder / "t.db", "--output", folder / "exported.csv").returncode == 0
    texts = []
    for measurements in ("t.db", "exported.csv"):
        result = run("calibrate", "--hw", folder / "start.info", "--measurements", folder / measurements, "--output", folder / "fitted.info")
        assert result.returncode == 0, result.stderr
        texts.append(result.stdout)
    assert texts[0] == texts[1], texts
    assert "fitted to latency_seconds of 40 layers: 2 parameters" in texts[0], texts[0]
    with contextlib.closing(sqlite3.connect(folder / "t.db")) as store, store:
        store.execute("UPDATE measurement SET seconds = 1000 * seconds, measured_at = '2026-03-01T12:00:00Z' WHERE id = 7")
    fault = run("calibrate", "--hw", folder / "start.info", "--measurements", folder / "t.db", "--output", folder / "none.info")
    told = "t.db: measurement 7 (linear, 2026-03-01T12:00:00Z): error: measured_latency_seconds is 1.02e+03 times"
    assert fault.returncode == 1 and told in fault.stderr and fault.stderr.count("\n") == 1, fault.stderr
    (folder / "empty.db").write_bytes(b"no store")
    broken = run("calibrate", "--hw", folder / "start.info", "--measurements", folder / "empty.db", "--output", folder / "none.info")
    assert broken.returncode == 1 and "empty.db" in broken.stderr and not (folder / "none.info").exists(), broken


def residuals_are_left_out_where_the_fit_is_exact(folder):
    (folder / "start.info").write_text(DESCRIPTION)
    (folder / "t.csv").write_text(table())
    (folder / "fitted.info").unlink()
    result = calibrate(folder, "--residual")
    if "no XGBoost" in result.stderr:
        assert result.returncode == 1 and not (folder / "fitted.info").exists(), result
        return
    assert result.returncode == 0 and "it does not help and is left out" in result.stdout, result
    assert not (folder / "fitted.residual.json").exists()


if __name__ == "__main__":
    main()
