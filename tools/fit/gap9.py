#!/usr/bin/python3
"""Fits the numbers of gap9-ne16 and gap9-cluster that nobody publishes, and states how well they hold.

    tools/fit/gap9.py [--hwcost build/bin/hwcost]

What is free: the cluster's coefficients, and the core's cycles a layer on NE16. What they are fitted to, all at once, by
least squares on relative errors with non-negative parameters, each error in units of what its source is trusted to:
published silicon results (tests/golden/gap9_silicon_mlperf_tiny.csv, 2 %), layers of the maker's simulator on NE16
(gap9_gvsoc_layers.csv, 10 %: the weights' width of that run is not stated, and its eight layers are two shapes four
times) and on the cluster (15 %: linear coefficients cannot follow its kernels closer).
Then power and energy, at each voltage, from the published energies. Every price comes from the command itself, so that
the formulas are not written again here. Prints the values, the errors, and the errors of what each fit leaves out.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile

import numpy as np
from scipy.optimize import least_squares, nnls

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOLDEN = os.path.join(ROOT, "tests", "golden")
TRUST = {"silicon": 0.02, "ne16": 0.10, "cluster": 0.15}
EXPECTED = np.array([0.5, 0.25, 0.25])  # of the energy: whatever runs, busy cores, the array's work

CLUSTER = ["launch", "mac", "weight", "output", "elementwise", "pooled"]
ARRAY = ["layer.handling"]
UNITS = {"launch": "cycle", "mac": "cycle/MAC", "layer.handling": "cycle"}
SCALE = {"launch": 1e3, "mac": 0.1, "layer.handling": 1e3}
NAMES = CLUSTER + ARRAY
MODELS = {"image_classification": "resnet8_op13.onnx", "keyword_spotting": "dscnn_op13.onnx"}


class Command:
    """The hwcost command with the parameters under trial in descriptions of their own."""

    def __init__(self, path, folder):
        self.path = path
        self.folder = folder

    def describe(self, values):
        def description(name, parent, keys, extra):
            lines = [f"name {name}", f"inherit {parent}", extra, "parameter", "{"]
            for key in keys:
                unit = UNITS.get(key, "cycle/element")
                lines.append(f'  {key} "{values[key]!r} {unit}" {{ source "under trial" kind fitted }}')
            with open(os.path.join(self.folder, name + ".info"), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n}\n")

        description("trial-cluster", "gap9-cluster", CLUSTER, "")
        description("trial-ne16", "gap9-ne16", ARRAY, 'unmodelled "fallback trial-cluster"')

    def price(self, model, hardware, *options):
        out = subprocess.run(
            [self.path, "price", model, "--hw", hardware, "--hw-path", self.folder, "--hw-path",
             os.path.join(ROOT, "hw_descriptions"), "--format", "csv", *options],
            capture_output=True, text=True, check=False)
        if out.returncode != 0:
            sys.exit(f"hwcost: {out.stderr.strip()}")
        return list(csv.DictReader(out.stdout.splitlines()))


def read(name):
    with open(os.path.join(GOLDEN, name), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


class Measurements:
    def __init__(self, folder):
        layers = read("gap9_gvsoc_layers.csv")
        self.rows = {engine: [r for r in layers if r["x_engine"] == engine] for engine in ("ne16", "cluster")}
        self.tables = {}
        for engine, rows in self.rows.items():
            self.tables[engine] = os.path.join(folder, engine + ".csv")
            with open(self.tables[engine], "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(rows)
        self.silicon = read("gap9_silicon_mlperf_tiny.csv")
        self.networks = sorted({r["network"] for r in self.silicon})

    def names(self):
        return ([("ne16", r["name"]) for r in self.rows["ne16"]] + [("cluster", r["name"]) for r in self.rows["cluster"]] +
                [("silicon", n) for n in self.networks])

    def truth(self):
        cycles = [float(r["measured_latency_cycles"]) for engine in ("ne16", "cluster") for r in self.rows[engine]]
        for network in self.networks:
            cycles.append(np.mean([float(r["latency_cycles"]) for r in self.silicon if r["network"] == network]))
        return np.array(cycles)

    def network(self, command, network):
        row = next(r for r in self.silicon if r["network"] == network)
        model = os.path.join(ROOT, "tests", "models", MODELS[network])
        return command.price(model, "trial-ne16", "--bits", f"w{row['w_bits']}a{row['a_bits']}")

    def predictions(self, command, values):
        command.describe(dict(zip(NAMES, values)))
        cycles = [float(r["latency_cycles"]) for r in command.price(self.tables["ne16"], "trial-ne16")]
        cycles += [float(r["latency_cycles"]) for r in command.price(self.tables["cluster"], "trial-cluster")]
        for network in self.networks:
            cycles.append(sum(float(r["latency_cycles"]) for r in self.network(command, network)))
        return np.array(cycles)


def fit(command, measurements, kept, start=(1000.0, 0.12, 2.0, 2.5, 1.6, 0.5, 600.0)):
    scale = np.array([SCALE.get(n, 1.0) for n in NAMES])
    truth = measurements.truth()
    trust = np.array([TRUST[kind] for kind, _ in measurements.names()])

    def residuals(x):
        return ((measurements.predictions(command, x * scale) / truth - 1.0) / trust)[kept]

    found = least_squares(residuals, np.maximum(start / scale, 1e-3), bounds=(1e-9, np.inf), diff_step=1e-3, xtol=1e-7,
                          ftol=1e-7)
    covariance = np.linalg.pinv(found.jac.T @ found.jac)
    return found.x * scale, np.sqrt(np.diag(covariance)) * scale


def fit_cycles(command, measurements):
    names = measurements.names()
    everything = np.ones(len(names), dtype=bool)
    values, errors = fit(command, measurements, everything)
    print("parameter, value, standard error")
    for name, value, error in zip(NAMES, values, errors):
        print(f"  {name:16} {value:12.4f} +- {error:.4f} {UNITS.get(name, 'cycle/element')}")
    predicted = measurements.predictions(command, values)
    truth = measurements.truth()
    print("what, measured, fitted, error, error when left out of the fit")
    for i, (kind, name) in enumerate(names):
        kept = everything.copy()
        kept[i] = False
        other, _ = fit(command, measurements, kept, values)
        left_out = measurements.predictions(command, other)[i]
        print(f"  {kind:8} {name:22} {truth[i]:9.0f} {predicted[i]:9.0f} {predicted[i] / truth[i] - 1:+7.1%} "
              f"{left_out / truth[i] - 1:+7.1%}")
    return values


def fit_energy(command, measurements, values):
    """Power while the machine runs, and on top of it power of busy cores and energy of the array's work. Three unknowns
    and two networks a voltage: the data cannot separate them. Of all sets that fit, the one is taken that is nearest to
    nothing in units of EXPECTED, the shares of the energy that one would guess."""
    command.describe(dict(zip(NAMES, values)))
    for volt in sorted({r["core_voltage_v"] for r in measurements.silicon}):
        rows = [r for r in measurements.silicon if r["core_voltage_v"] == volt]
        features = []
        for row in rows:
            layers = measurements.network(command, row["network"])
            # On the cycles that were measured: an error of the latency must not become one of the power.
            scale = float(row["latency_cycles"]) / sum(float(r["latency_cycles"]) for r in layers)
            on_cores = [r for r in layers if "trial-cluster" in r["reason"]]
            on_array = [r for r in layers if "trial-cluster" not in r["reason"] and r["status"] != "unsupported"]
            clock = float(row["clock_mhz"]) * 1e6
            features.append([scale * sum(float(r["latency_cycles"]) for r in layers) / clock,
                             scale * sum(float(r["latency_cycles"]) for r in on_cores) / clock,
                             sum(float(r["macs"]) for r in on_array) * float(row["w_bits"])])
        features = np.array(features)
        energy = np.array([float(r["energy_joules"]) for r in rows])
        shares = features.mean(axis=0) / energy.mean() / EXPECTED
        solution = np.linalg.pinv((features / shares) / energy[:, None]) @ np.ones(len(rows)) / shares
        if (solution < 0).any():
            solution, _ = nnls(features / energy[:, None], np.ones(len(rows)))
        print(f"{volt} V: power {solution[0] * 1e3:.3f} mW, of busy cores {solution[1] * 1e3:.3f} mW on top, "
              f"array {solution[2] * 1e15:.3f} fJ a MAC and weight bit")
        for i, row in enumerate(rows):
            others = [k for k in range(len(rows)) if k != i]
            power = np.mean(energy[others] / features[others, 0])
            print(f"  {row['network']:22} {energy[i] * 1e6:.3f} uJ, fitted {features[i] @ solution * 1e6:.3f} uJ; by the "
                  f"other network's mean power {power * features[i][0] / energy[i] - 1:+.1%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hwcost", default=os.path.join(ROOT, "build", "bin", "hwcost"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = Command(arguments.hwcost, folder)
        measurements = Measurements(folder)
        values = fit_cycles(command, measurements)
        fit_energy(command, measurements, values)


if __name__ == "__main__":
    main()
