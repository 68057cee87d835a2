#!/usr/bin/env python3
"""The price tables that the library writes obey the shipped schema, and the schema refuses what the reader refuses.

Usage: price_table_schema_test.py SCHEMA WRITE_SAMPLE_PRICE_TABLE
"""

import copy
import json
import subprocess
import sys

import jsonschema


def damaged_copies(table):
    """The sample table with one fault each, and what the fault is."""
    for fault, damage in {
        "another schema": lambda d: d.update(schema="hwcost-price-table/2"),
        "no layers": lambda d: d.pop("layers"),
        "an unknown field": lambda d: d["layers"][0].update(bits=8),
        "a price of text": lambda d: d["layers"][0]["prices"][0].append("8"),
        "an unknown status": lambda d: d["layers"][0]["statuses"].append("free"),
        "an unknown metric": lambda d: d["metrics"].append("cycles"),
        "widths of weights alone": lambda d: d["choices"].append([8]),
        "half a bit": lambda d: d["choices"].append([2.5, 8]),
        "widths below 0": lambda d: d["choices"].append([-8, 8]),
        "MACs below 0": lambda d: d["layers"][0].update(macs=-1),
        "a first reason": lambda d: d["reasons"].insert(0, "surprise"),
    }.items():
        document = copy.deepcopy(table)
        damage(document)
        yield fault, document


def main():
    schema_file, writer = sys.argv[1:]
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    table = json.loads(subprocess.run([writer], check=True, capture_output=True).stdout)
    validator.validate(table)
    assert table["layers"][1]["prices"] == [[10, None]], "what has no figure is null"
    for fault, document in damaged_copies(table):
        assert not validator.is_valid(document), f"the schema accepts {fault}"


if __name__ == "__main__":
    main()
