#!/usr/bin/python3
"""The shapes that libonnx infers, a file at a time in a process of its own, since it crashes on some.

Reads a JSON list of [file, {input: shape}] from stdin; prints one JSON object a file: `outcome` ("inferred", "crashed",
"refused") and `shapes`, those alone whose extents are all numbers. The shapes that the file itself states are left out.
"""

import json
import os
import signal
import sys

import onnx
import onnx.shape_inference

SECONDS = 120


def _set_inputs(graph, shapes):
    for value in graph.input:
        if value.name in shapes:
            del value.type.tensor_type.shape.dim[:]
            for extent in shapes[value.name]:
                value.type.tensor_type.shape.dim.add().dim_value = extent


def _known_shape(value):
    tensor = value.type.tensor_type
    if value.type.WhichOneof("value") != "tensor_type" or not tensor.HasField("shape"):
        return None
    known = all(dim.WhichOneof("value") == "dim_value" for dim in tensor.shape.dim)
    return [dim.dim_value for dim in tensor.shape.dim] if known else None


def _infer(file, inputs):
    model = onnx.load(file, load_external_data=False)
    _set_inputs(model.graph, inputs)
    del model.graph.value_info[:]
    for value in model.graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception as refusal:  # its own types differ between versions
        return {"outcome": "refused", "why": str(refusal).strip().splitlines()[0], "shapes": {}}
    values = list(inferred.graph.value_info) + list(inferred.graph.output)
    shapes = {value.name: _known_shape(value) for value in values}
    return {"outcome": "inferred", "shapes": {name: shape for name, shape in shapes.items() if shape is not None}}


def _infer_apart(file, inputs):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(SECONDS)
        with os.fdopen(writer, "w") as pipe:
            json.dump(_infer(file, inputs), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(answer) if status == 0 and answer else {"outcome": "crashed", "shapes": {}}


def main():
    for file, inputs in json.load(sys.stdin):
        print(json.dumps(_infer_apart(file, inputs)), flush=True)


if __name__ == "__main__":
    main()
