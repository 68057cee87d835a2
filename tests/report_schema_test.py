#!/usr/bin/env python3
"""The reports that the command prints obey the shipped schema, whatever is unknown in them.

Usage: report_schema_test.py SCHEMA HWCOST
"""

import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

WIDTHS = {"input": "8", "weight": "8", "output": "8"}
MIXED = {**WIDTHS, "weight": {"groups": [{"bits": 2, "channels": 3}, {"bits": 8, "channels": 5}]}}
NETWORK = {
    "schema": "hwcost-ir/1",
    "inputs": [],
    "outputs": [],
    "tensors": [],
    "nodes": [
        {"name": "conv", "module": "a.conv", "op": "conv2d", "dims": {"in_channels": 4, "out_channels": 8}, "precision": WIDTHS},
        {"name": "mixed", "module": "a.mixed", "op": "linear", "dims": {"in_channels": 4, "out_channels": 8}, "precision": MIXED},
        {"name": "product", "op": "matmul", "dims": {"rows": 2, "depth": 3}, "precision": {**WIDTHS, "input": "f32"}},
        {"name": "warp", "op": "custom", "custom_op": "acme::Warp", "dims": {}, "precision": WIDTHS},
    ],
}


def reports(hwcost, model):
    for hardware in ("counts", "mpic", "diana", "memory-access", "counts,gap8"):
        for detail in ("layer", "module", "network"):
            run = subprocess.run([hwcost, "price", model, "--hw", hardware, "--by", detail, "--format", "json"],
                                 capture_output=True, text=True, check=False)
            assert run.returncode == 3, (run.returncode, run.stderr)
            yield json.loads(run.stdout)


def main():
    schema_file, hwcost = sys.argv[1:]
    schema = json.loads(Path(schema_file).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "sample.json"
        model.write_text(json.dumps(NETWORK), encoding="utf-8")
        documents = list(reports(hwcost, model))
    for document in documents:
        validator.validate(document)

    first = documents[0]
    assert first["layers"][1]["widths"] == {"input": "8", "weight": "2:3|8:5", "output": "8"}, first["layers"][1]
    for fault, damage in {
        "a width of text": lambda d: d["layers"][0]["widths"].update(input="wide"),
        "half the widths": lambda d: d["layers"][0]["widths"].pop("weight"),
        "more than all MACs": lambda d: d["totals"].update(unpriced_macs_share=1.5),
        "an unknown figure": lambda d: d["layers"][0]["metrics"].update(smell=1),
    }.items():
        document = copy.deepcopy(first)
        damage(document)
        assert not validator.is_valid(document), f"the schema accepts {fault}"


if __name__ == "__main__":
    main()
