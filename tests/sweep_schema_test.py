#!/usr/bin/env python3
"""The sweeps that the command prints for lists of input shapes obey the shipped schema.

Usage: sweep_schema_test.py REPOSITORY HWCOST
"""

import copy
import json
import subprocess
import sys
from pathlib import Path

import jsonschema


def sweep(hwcost, model, hardware, detail):
    run = subprocess.run([hwcost, "price", model, "--hw", hardware, "--by", detail, "--format", "json",
                          "--input-shape", "input=1x3x{64,96}x{64,96}"], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def main():
    repository, hwcost = Path(sys.argv[1]), sys.argv[2]
    schema, report = (json.loads((repository / "schemas" / f"hwcost-{name}-1.schema.json").read_text(encoding="utf-8"))
                      for name in ("sweep", "report"))
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(schema["$id"], schema, store={report["$id"]: report})
    validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
    model = repository / "tests" / "models" / "mobilenet_v2_op13_stripped.onnx"

    documents = [sweep(hwcost, model, hardware, detail)
                 for hardware, detail in (("counts", "network"), ("counts", "layer"), ("counts,mpic", "module"))]
    for document in documents:
        validator.validate(document)
        assert [run["input_shape"] for run in document["runs"]] == [
            "input=1x3x64x64", "input=1x3x64x96", "input=1x3x96x64", "input=1x3x96x96"], document["runs"]

    for fault, damage in {
        "a run without its shape": lambda d: d["runs"][0].pop("input_shape"),
        "a run without its report": lambda d: d["runs"][0].pop("report"),
        "a report with an unknown figure": lambda d: d["runs"][0]["report"]["totals"]["metrics"].update(smell=1),
        "no runs": lambda d: d.update(runs=[]),
        "another name": lambda d: d.update(schema="hwcost-sweep/2"),
    }.items():
        document = copy.deepcopy(documents[0])
        damage(document)
        assert not validator.is_valid(document), f"the schema accepts {fault}"


if __name__ == "__main__":
    main()
