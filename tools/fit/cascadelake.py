#!/usr/bin/python3
"""Fits cascadelake-vnni and cascadelake-avx2 to the timed layers of tests/golden, and writes the result into their files.

    tools/fit/cascadelake.py [--hwcost build/bin/hwcost]

`hwcost calibrate` does the fitting and writes a description that inherits the shipped one; from that, the values of the
free parameters with their sources, and the block `calibration`, go into the shipped file itself. The machine's structure
and the ranges stay as they stand there. Then cascadelake-vnni-learned, with a residual on top, is written anew. Prints what calibrate says of the errors.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
TABLES = {"cascadelake-vnni": "onednn_int8_vnni_1t.csv", "cascadelake-avx2": "onednn_int8_avx2_1t.csv"}
LEARNED = "cascadelake-vnni-learned"
SUMMARY = "cascadelake-vnni, its prices corrected by boosted trees: nearer, but slower in batches and no longer a sum of terms"
PARAMETER = re.compile(r'^  (?P<key>\S+)(?P<space>\s+)(?P<value>"[^"]*") +\{ source (?P<source>"[^"]*") kind \w+ free (?P<range>"[^"]*") \}$')
BLOCK = re.compile(r"^calibration\n\{\n.*?^\}\n\n", re.M | re.S)


def calibrate(hwcost, name, output, *options):
    # Named as from the project's folder: the file says where its measurements are.
    result = subprocess.run([Path(hwcost).resolve(), "calibrate", "--hw", name, "--hw-path", "hw_descriptions", "--measurements",
                             f"tests/golden/{TABLES[name]}", "--output", output, *options], cwd=PROJECT, capture_output=True, text=True,
                            check=True)
    print(result.stdout[result.stdout.index("errors of"):])


def fitted_text(hwcost, name, folder):
    output = Path(folder) / f"{name}-fitted.info"
    calibrate(hwcost, name, output)
    return output.read_text(encoding="utf-8")


def with_fit(text, fitted):
    """The shipped file's text with what was fitted in the place of what was."""
    values = {match["key"]: match for match in map(PARAMETER.match, fitted.splitlines()) if match}
    lines = []
    for line in BLOCK.sub("", text).splitlines():
        match = PARAMETER.match(line)
        if match and match["key"] in values:
            new = values[match["key"]]
            line = (f'  {match["key"]}{match["space"]}{new["value"]}  {{ source {new["source"]} kind fitted '
                    f'free {match["range"]} }}')
        lines.append(line)
    return "\n".join(lines).replace("\nparameter\n", "\n" + BLOCK.search(fitted)[0] + "parameter\n", 1) + "\n"


def write_learned(hwcost):
    """cascadelake-vnni with a learned residual: the fit is the same, so that what it inherits are its values."""
    file = PROJECT / f"hw_descriptions/{LEARNED}.info"
    calibrate(hwcost, "cascadelake-vnni", file, "--residual")
    text = file.read_text(encoding="utf-8")
    text = re.sub(r'^summary .*$', f'summary  "{SUMMARY}"', text, flags=re.M)
    file.write_text(text[:text.index("\nparameter\n")], encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hwcost", default=PROJECT / "build/bin/hwcost")
    options = parser.parse_args()
    for name in TABLES:
        file = PROJECT / f"hw_descriptions/{name}.info"
        with tempfile.TemporaryDirectory() as folder:
            fitted = fitted_text(options.hwcost, name, folder)
        file.write_text(with_fit(file.read_text(encoding="utf-8"), fitted), encoding="utf-8")
    write_learned(options.hwcost)


if __name__ == "__main__":
    main()
