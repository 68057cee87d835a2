"""What hwcost makes of a model, and every fault in it that other sources show."""

import json
import operator
import re
import subprocess
from dataclasses import dataclass, field

SECONDS = 120


@dataclass
class Result:
    model: object
    error: str = ""  # hwcost's own, where it refuses the file
    layers: int = 0
    macs: int | None = None
    statuses: dict = field(default_factory=dict)
    unsupported: list = field(default_factory=list)  # (operator, reason)
    unknown_shapes: int = 0
    gap: str = ""  # shapes that libonnx has and hwcost has not
    compared: int = 0  # shapes, with libonnx's or with a run's
    layer_by_layer: bool = False  # MACs
    oracle: str = ""
    faults: list = field(default_factory=list)

    @property
    def general_reasons(self):
        """(operator, reason) of the unsupported layers, without what is a single layer's own."""
        return [(operator, _general(reason)) for operator, reason in self.unsupported]


def _general(reason):
    return re.sub(r"\d+(x\d+)*", "N", re.sub(r"'[^']*'", "'...'", reason))


def _run(hwcost, model, *arguments):
    shapes = [f"--input-shape={name}={'x'.join(map(str, shape))}" for name, shape in model.inputs.items()
              if shape and 0 not in shape]
    return subprocess.run([hwcost, arguments[0], str(model.path), *arguments[1:], *shapes], capture_output=True, text=True,
                          timeout=SECONDS, check=False)


def _read(result, run, name):
    """The JSON that a run printed; None after an error, which must be one line that begins with the file."""
    if run.returncode == 0:
        return json.loads(run.stdout)
    message = run.stderr.strip()
    if run.returncode == 1 and message.startswith(str(result.model.path)) and "error: " in message and "\n" not in message:
        result.error = message.removeprefix(str(result.model.path)).lstrip(": ").removeprefix("error: ")
    else:
        result.faults.append(f"{name}: exit status {run.returncode}, not one located error: {message[:300]}")
    return None


def _take_price(result, report):
    result.statuses = {status: report["totals"][status] for status in ("priced", "approximated", "unsupported")}
    result.layers = len(report["layers"])
    result.macs = report["totals"]["metrics"].get("macs")
    for layer in report["layers"]:
        if layer["status"] not in result.statuses:
            result.faults.append(f"layer '{layer['name']}' has no status")
        if layer["status"] == "unsupported":
            result.unsupported.append((layer["op"], layer["reason"]))
            if not layer["reason"]:
                result.faults.append(f"layer '{layer['name']}' is unsupported without a reason")
    _compare_macs(result, [layer["metrics"].get("macs") for layer in report["layers"]])


def _compare_macs(result, of_layers):
    if result.model.macs is None:
        return
    if result.macs != result.model.macs:
        result.faults.append(f"{result.macs} MACs, torch does {result.model.macs}")
    result.layer_by_layer = sorted(filter(None, of_layers)) == sorted(filter(None, result.model.products))


def _bounded_tensors(graph):
    """Positions of the tensors whose shapes are the largest that there can be."""
    return {tensor for node in graph["nodes"] if "at its largest" in node.get("assumption", "")
            for tensor in node["outputs"]}


def _agrees(shape, other, is_bounded):
    return shape == other or (is_bounded and len(shape) == len(other) and all(map(operator.ge, shape, other)))


def _compare_shapes(result, graph, inferred):
    bounded = _bounded_tensors(graph)
    tensors = {tensor["name"]: {**tensor, "bounded": position in bounded}
               for position, tensor in enumerate(graph["tensors"])}
    result.unknown_shapes = sum(not tensor.get("known_shape", True) for tensor in graph["tensors"])
    without = []
    for source, shapes in (("libonnx", inferred["shapes"]), ("the recorded run", result.model.outputs)):
        for name, shape in shapes.items():
            tensor = tensors.get(name)
            if tensor is None:
                continue
            if not tensor.get("known_shape", True):
                if source == "libonnx":
                    without.append(f"'{name}' {shape}")
                continue
            result.compared += 1
            if not _agrees(tensor["shape"], shape, tensor["bounded"]):
                result.faults.append(f"tensor '{name}' is {tensor['shape']}, {source} has {shape}")
    result.gap = f"{len(without)} tensors without a shape that libonnx gives, the first {without[0]}" if without else ""
    if without and not result.model.is_data_dependent:
        result.faults.append(result.gap)


def check(hwcost, model, inferred):
    result = Result(model, oracle=inferred["outcome"])
    try:
        graph = _read(result, _run(hwcost, model, "import"), "import")
        if graph is not None:
            _compare_shapes(result, graph, inferred)
            report = _read(result, _run(hwcost, model, "price", "--hw=counts", "--allow-unpriced", "--format=json"), "price")
            if report is not None:
                _take_price(result, report)
    except subprocess.TimeoutExpired as slow:
        result.faults.append(f"no result in {slow.timeout} seconds")
    except json.JSONDecodeError as broken:
        result.faults.append(f"what it printed is not JSON: {broken}")
    return result
