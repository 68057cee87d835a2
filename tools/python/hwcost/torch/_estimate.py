"""What a torch module costs, module by module."""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Iterator, NamedTuple, Optional, Sequence, Union

import torch
from torch import nn

import hwcost
from hwcost._core import LayerReport, Machine, NetworkReport, adds_up
from hwcost.errors import InputError
from hwcost.torch._tracing import Inputs, and_above, owner, trace
from hwcost.widths import Bits, WeightBits

InputShape = Union[Inputs, Sequence[int], Sequence[Sequence[int]]]
_WANTED_SHAPE = "wanted one such as (3, 224, 224), one for each argument of forward(), or tensors"


@dataclass
class ModuleCost:
    """A module and all that is below it."""

    name: str  # the attribute's name; "" for the model itself
    type: str  # the class
    macs: float = 0.0
    params: float = 0.0
    cost: float = 0.0
    w_bits: Optional[WeightBits] = None  # of its own weights; None where it has none
    a_bits: Optional[Bits] = None  # at which its own weights' layer reads its input
    children: list[ModuleCost] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)  # of the whole model, one sentence each
    unsupported: list[str] = field(default_factory=list)  # "layer: reason"; in no cost

    def walk(self, path: str = "") -> Iterator[tuple[str, ModuleCost]]:
        """This module and those below by their paths, parents first."""
        yield path, self
        for child in self.children:
            yield from child.walk(f"{path}.{child.name}" if path else child.name)

    def to_dict(self) -> dict[str, Any]:
        """Nested dicts; children by name."""
        figures = {"type": self.type, "macs": self.macs, "params": self.params, "cost": self.cost,
                   "w_bits": self.w_bits, "a_bits": self.a_bits}  # fmt: skip
        return {**figures, "children": {child.name: child.to_dict() for child in self.children}}

    def __str__(self) -> str:
        rows: list[tuple[str, ...]] = [("module", "type", "MACs", "parameters", "weight bits", "activation bits", "cost")]
        for path, module in self.walk():
            depth = path.count(".") + 1 if path else 0
            title = "  " * depth + (module.name or "(model)")
            widths = ["" if bits is None else str(bits) for bits in (module.w_bits, module.a_bits)]
            rows.append((title, module.type, f"{module.macs:,.0f}", f"{module.params:,.0f}", *widths,
                         f"{module.cost:,.6g}"))  # fmt: skip
        sizes = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            "  ".join(cell.ljust(size) if column < 2 else cell.rjust(size)
                      for column, (cell, size) in enumerate(zip(row, sizes))).rstrip()
            for row in rows
        ]  # fmt: skip
        return "\n".join(lines)


class CostEstimate(NamedTuple):
    """What estimate_cost gives: `total, tree = estimate_cost(...)`."""

    total: float
    tree: ModuleCost


def _extents(value: Any) -> Optional[list[int]]:
    """Those of a shape; nothing where it is none."""
    is_shape = isinstance(value, Sequence) and all(isinstance(extent, Integral) and int(extent) >= 0 for extent in value)
    return [int(extent) for extent in value] if is_shape else None


def _inputs(model: nn.Module, shape: InputShape) -> Inputs:
    """Batches of one for shapes, of the type of the model's parameters; tensors as they are."""
    if isinstance(shape, torch.Tensor):
        return shape
    if isinstance(shape, (list, tuple)) and any(isinstance(part, torch.Tensor) for part in shape):
        return shape
    parameter = next((parameter for parameter in model.parameters() if parameter.is_floating_point()), None)
    zeros = torch.zeros if parameter is None else parameter.new_zeros
    alone = _extents(shape)
    if alone is not None:
        return zeros((1, *alone))
    several = [_extents(part) for part in shape] if isinstance(shape, (list, tuple)) else [None]
    if None in several:
        raise InputError(f"input_shape is {shape!r}, {_WANTED_SHAPE}")
    return tuple(zeros((1, *extents)) for extents in several if extents is not None)


def _tree(model: nn.Module) -> dict[str, ModuleCost]:
    """Every module by its path."""
    nodes: dict[str, ModuleCost] = {}
    for path, module in model.named_modules():
        parent, _, name = path.rpartition(".")
        nodes[path] = ModuleCost(name, type(module).__name__)
        if path:
            nodes[parent].children.append(nodes[path])
    return nodes


def _add(layer: LayerReport, metric: str, nodes: dict[str, ModuleCost]) -> None:
    deepest = owner(layer.module, nodes)
    figures = layer.metrics
    for path in and_above(deepest):
        if path not in nodes:
            continue
        nodes[path].macs += figures["macs"] or 0.0
        nodes[path].params += figures["params"] or 0.0
        nodes[path].cost += figures.get(metric) or 0.0
    if figures["weight_bits"]:
        nodes[deepest].w_bits, nodes[deepest].a_bits = layer.w_bits, layer.in_bits


def _metric(report: NetworkReport, machine: Machine, wanted: Optional[str]) -> str:
    known = [name for name, total in report.totals.items() if isinstance(total, float) and adds_up(name)]
    for metric in [wanted] if wanted else ["cost", *machine.metrics, "bit_ops"]:
        if metric in known:
            return metric
    what = f"'{wanted}'" if wanted else "metric"
    raise InputError(f"{machine.name} has no {what} that adds up over modules, wanted one of {', '.join(known)}")


def estimate_cost(
    model: nn.Module,
    input_shape: InputShape,
    formula: Optional[str] = None,
    *,
    machine: Union[Machine, str] = "mixpc",
    metric: Optional[str] = None,
) -> CostEstimate:
    """(total, tree of modules with macs, params, bits and cost) of any module.

    `input_shape` is without the batch, such as (3, 224, 224), or one such a shape for each argument of forward(), and
    priced for a batch of one; or a tensor, or a tuple of what forward() takes. `formula` is an expression of a layer's quantities, such as "macs*w_bits^2*a_bits", which is
    what "mixpc" computes where none is given; or name a `machine`, and a `metric` of it (its first that adds up where
    None). What is not quantised counts at the machine's default bits ("mixpc": 32). Layers are found as `trace` finds
    them, so functional calls count too, in the module that calls them. Parameters that no layer reads are in
    `tree.assumptions`. Raises InputError as `trace` does.

    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(16, 2))
    >>> total, tree = estimate_cost(model, (1, 4, 4), "macs")
    >>> total, [(child.type, child.macs, child.params) for child in tree.children]
    (176.0, [('Conv2d', 144.0, 40.0), ('Flatten', 0.0, 0.0), ('Linear', 32.0, 34.0)])
    """
    priced_on = machine if isinstance(machine, Machine) else hwcost.load_machine(machine)
    report = hwcost.evaluate(trace(model, _inputs(model, input_shape)), priced_on, formula=formula)
    chosen = _metric(report, priced_on, metric)
    nodes = _tree(model)
    for layer in report.layers:
        _add(layer, chosen, nodes)
    root = nodes[""]
    root.assumptions = list(report.assumptions)
    root.unsupported = [f"{layer.name}: {layer.reason}" for layer in report.layers if layer.status == "unsupported"]
    unread = sum(parameter.numel() for parameter in model.parameters()) - root.params
    if unread < 0:
        root.assumptions.append(
            f"{-unread:,.0f} parameters more than the model has: constants of the export, which look like learned ones"
        )
    elif unread:
        root.assumptions.append(f"{unread:,.0f} parameters of the model are read by no layer of this run")
    return CostEstimate(root.cost, root)
