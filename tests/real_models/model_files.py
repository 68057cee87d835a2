"""The ONNX files in the folder that tools/fetch-models and tools/export-models fill, and what is known of each."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import onnx

NPM_SHAPES = json.loads((Path(__file__).parent / "input_shapes.json").read_text(encoding="utf-8"))


@dataclass
class ModelFile:
    path: Path
    source: str
    name: str
    inputs: dict = field(default_factory=dict)  # shapes of those inputs that the file leaves free
    outputs: dict = field(default_factory=dict)  # shapes that a run of the model gave
    macs: int | None = None
    products: list = field(default_factory=list)
    is_data_dependent: bool = False  # the values that it reads decide how much it computes


def _npm_files(folder):
    for path in sorted(folder.glob("npm/*/*.onnx")):
        yield ModelFile(path, f"npm {path.parent.name}", path.name, NPM_SHAPES.get(path.name, {}))


def _torch_files(folder):
    for path in sorted(folder.glob("torch/*.onnx")):
        facts_file = path.with_suffix(".json")
        if facts_file.exists():
            facts = json.loads(facts_file.read_text(encoding="utf-8"))
            inputs = {name: shape for name, shape in facts["inputs"].items() if name in facts["dynamic"]}
            yield ModelFile(path, "torch", path.stem, inputs, {}, facts["macs"], facts["products"],
                            is_data_dependent=facts["macs"] is None)


def _shape_of(tensor_file):
    """The file holds a tensor, but for sequences and optional values, which do not say what they are."""
    tensor = onnx.TensorProto()
    try:
        tensor.ParseFromString(tensor_file.read_bytes())
    except Exception:  # protobuf's DecodeError, whose place differs between its versions
        return None
    return list(tensor.dims) if tensor.data_type else None


def _recorded_shapes(run, kind, names):
    shapes = {name: _shape_of(file) for position, name in enumerate(names)
              if (file := run / f"{kind}_{position}.pb").exists()}
    return {name: shape for name, shape in shapes.items() if shape is not None}


def _has_free_shape(value):
    tensor = value.type.tensor_type
    return value.type.HasField("tensor_type") and (
        not tensor.HasField("shape") or any(not dim.HasField("dim_value") for dim in tensor.shape.dim))


def _test_data_files(folder):
    for path in sorted(folder.glob("libonnx-testdata/*/*/model.onnx")):
        graph = onnx.load(str(path), load_external_data=False).graph
        given = {weight.name for weight in graph.initializer}
        inputs = [value for value in graph.input if value.name not in given]
        run = path.parent / "test_data_set_0"
        shapes = _recorded_shapes(run, "input", [value.name for value in inputs])
        free = {value.name for value in inputs if _has_free_shape(value)}
        yield ModelFile(path, f"libonnx-testdata {path.parent.parent.name}", path.parent.name,
                        {name: shape for name, shape in shapes.items() if name in free},
                        _recorded_shapes(run, "output", [value.name for value in graph.output]))


def find_models(folder):
    return [*_npm_files(folder), *_torch_files(folder), *_test_data_files(folder)]
