#!/usr/bin/env python3
"""The documents that the library writes obey the shipped schema, and the schema refuses what the reader refuses.

Usage: graph_json_schema_test.py SCHEMA WRITE_SAMPLE_GRAPHS
"""

import copy
import json
import subprocess
import sys

import jsonschema


def damaged_copies(network):
    """The sample network with one fault each, and what the fault is."""
    for fault, damage in {
        "another schema": lambda d: d.update(schema="hwcost-ir/2"),
        "no nodes": lambda d: d.pop("nodes"),
        "an unknown field": lambda d: d["nodes"][0].update(kernel=3),
        "an unknown extent": lambda d: d["nodes"][0]["dims"].update(tokens=3),
        "an extent of text": lambda d: d["nodes"][0]["dims"].update(in_height="8"),
        "half a channel": lambda d: d["nodes"][0]["dims"].update(in_channels=2.5),
        "an unknown operator": lambda d: d["nodes"][1].update(op="batchnorm"),
        "an unknown format": lambda d: d["tensors"][0].update(format="f31"),
        "a negative index": lambda d: d["nodes"][0].update(inputs=[-1]),
    }.items():
        document = copy.deepcopy(network)
        damage(document)
        yield fault, document


def main():
    schema_file, writer = sys.argv[1:]
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    written = subprocess.run([writer], check=True, capture_output=True).stdout.split(b"\0")[:-1]
    documents = [json.loads(text) for text in written]
    assert len(documents) == 3, "an empty network, the sample and one layer of every operator"
    for document in documents:
        validator.validate(document)
    every_op = {node["op"] for node in documents[2]["nodes"]}
    assert every_op == set(schema["$defs"]["op"]["enum"]), "the schema lists every operator"

    for fault, document in damaged_copies(documents[1]):
        assert not validator.is_valid(document), f"the schema accepts {fault}"


if __name__ == "__main__":
    main()
