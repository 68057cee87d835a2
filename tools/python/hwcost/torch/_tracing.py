"""A torch module as a Graph: exported to ONNX in memory and read by the importer that reads files."""

from __future__ import annotations

import contextlib
import inspect
import io
import threading
import warnings
from collections import Counter
from typing import Any, Container, Iterator, Optional, Sequence, Union

import torch
from torch import nn

from hwcost import _core
from hwcost._core import Graph
from hwcost.errors import InputError
from hwcost.torch import _quantizers

Inputs = Union[torch.Tensor, Sequence[Any]]

_EXPORTING = threading.RLock()  # torch's exporter keeps its state in globals, and modules are changed meanwhile
_CONVOLUTION_MODE = "aten::_convolution_mode"


class _Quantised(torch.autograd.Function):
    """Leaves values as they are and stands in the export as QONNX's Quant, which says their width."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor, bits: int) -> torch.Tensor:
        return value.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient, None

    @staticmethod
    def symbolic(g: Any, value: Any, bits: int) -> Any:
        scalars = [g.op("Constant", value_t=torch.tensor(number)) for number in (1.0, 0.0, float(bits))]
        marked = g.op("qonnx.custom_op.general::Quant", value, *scalars, signed_i=1, narrow_i=0, rounding_mode_s="ROUND")
        marked.setType(value.type())
        return marked


def _marked(value: Any, bits: Optional[int]) -> Any:
    if bits is None or not isinstance(value, torch.Tensor) or not value.is_floating_point():
        return value
    return _Quantised.apply(value, bits)


class _Marks:
    """Lets quantisers stand in the export as their width, whatever arithmetic they do; undone by close()."""

    def __init__(self) -> None:
        self._handles: list[Any] = []
        self._replaced: list[nn.Module] = []

    def add(self, model: nn.Module) -> None:
        """Raises InputError where a module says a width that is none."""
        for path, module in model.named_modules():
            bits = _quantizers.quantizer_bits(module, path)
            if bits is not None:
                self._replace(module, bits)
            elif not _quantizers.is_off(module):
                self._mark_ends(module, path)

    def _replace(self, module: nn.Module, bits: int) -> None:
        setattr(module, "forward", lambda value, *_, **__: _marked(value, bits))
        self._replaced.append(module)

    def _mark_ends(self, module: nn.Module, path: str) -> None:
        read, given = _quantizers.input_bits(module, path), _quantizers.output_bits(module, path)
        if read is not None:
            hook = lambda _, arguments: (_marked(arguments[0], read), *arguments[1:]) if arguments else None
            self._handles.append(module.register_forward_pre_hook(hook))
        if given is not None:
            self._handles.append(module.register_forward_hook(lambda _, arguments, result: _marked(result, given)))

    def __bool__(self) -> bool:
        return bool(self._handles or self._replaced)

    def close(self) -> None:
        for module in self._replaced:
            delattr(module, "forward")
        for handle in self._handles:
            handle.remove()


@contextlib.contextmanager
def _as_in_inference(model: nn.Module) -> Iterator[_Marks]:
    training = [(module, module.training) for module in model.modules()]
    model.eval()
    marks = _Marks()
    try:
        marks.add(model)
        # Gradients on: torch's fused attention, which inference alone takes, cannot be exported.
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield marks
    finally:
        marks.close()
        for module, mode in training:
            module.training = mode


def _convolution_mode(g: Any, value: Any, weight: Any, bias: Any, *options: Any) -> Any:
    """A convolution whose padding is "same" or "valid", which the exporter of torch 1.13 lacks."""
    stride, padding, dilation, groups = options
    integers, text = torch.onnx.symbolic_helper._get_const, torch.onnx.symbolic_helper._parse_arg
    operands = [value, weight] if torch.onnx.symbolic_helper._is_none(bias) else [value, weight, bias]
    same = text(padding, "s") == "same"
    return g.op("Conv", *operands, auto_pad_s="SAME_UPPER" if same else "VALID",
                strides_i=integers(stride, "is", "stride"), dilations_i=integers(dilation, "is", "dilation"),
                group_i=integers(groups, "i", "groups"))  # fmt: skip


def _export(model: nn.Module, inputs: tuple[Any, ...], names: Sequence[str], opset: int, marked: bool) -> bytes:
    try:
        return _exported(model, inputs, names, opset, marked)
    except torch.onnx.errors.UnsupportedOperatorError as error:
        if _CONVOLUTION_MODE not in str(error):
            raise
    # It stays known: the exporter breaks down at operators that were taken from it again.
    torch.onnx.register_custom_op_symbolic(_CONVOLUTION_MODE, _convolution_mode, opset)
    return _exported(model, inputs, names, opset, marked)


def _exported(model: nn.Module, inputs: tuple[Any, ...], names: Sequence[str], opset: int, marked: bool) -> bytes:
    buffer = io.BytesIO()
    options: dict[str, Any] = {}
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:  # the default of newer torch has no scopes
        options["dynamo"] = False
    if marked:
        options["custom_opsets"] = {"qonnx.custom_op.general": 1}
    # PRESERVE: batch norms stay layers of their own.
    torch.onnx.export(
        model, inputs, buffer, input_names=list(names), opset_version=opset, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE, **options
    )  # fmt: skip
    return buffer.getvalue()


def owner(module: str, known: Container[str]) -> str:
    """The deepest of the known modules that a layer of `module` belongs to; "" is the whole model."""
    while module and module not in known:
        module = module.rpartition(".")[0]
    return module


def and_above(path: str) -> Iterator[str]:
    """A module and those that it is in, by their paths."""
    while path:
        yield path
        path = path.rpartition(".")[0]
    yield ""


def _with_said_weights(graph: Graph, model: nn.Module) -> Graph:
    """Widths that modules say of their weights, put on the layers of those modules, or on the one inside."""
    modules = dict(model.named_modules())
    said = {name: _quantizers.weight_bits(module, name) for name, module in modules.items()}
    owners = {layer.name: owner(layer.module, modules) for layer in graph.layers if layer.facts()["weight_bits"]}
    inside = Counter(path for module in set(owners.values()) for path in and_above(module))
    found = {
        layer: next((said[path] for path in and_above(module)
                     if said.get(path) is not None and (path == module or inside[path] == 1)), None)
        for layer, module in owners.items()
    }  # fmt: skip
    return graph.assign({name: bits for name, bits in found.items() if bits is not None})


def trace(model: nn.Module, inputs: Inputs, *, name: str = "", opset: int = 16) -> Graph:
    """The network that a module computes on these inputs, as it is in inference.

    `inputs` is a tensor or a tuple of what forward() takes, of any batch size. Modules and functions alike become
    layers, named by their modules; the module itself is left as it was. Traced is one run: of branches that depend on
    values, the one taken. Widths are those that quantisers say (see `hwcost.torch` for the conventions); elsewhere they
    are those of the tensors. Raises InputError where torch cannot export an operator, with torch's own words.

    >>> graph = trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), torch.zeros(1, 3, 8, 8))
    >>> [(layer.name, layer.op) for layer in graph.layers]
    [('0', 'conv2d'), ('1', 'relu')]
    """
    given = (inputs,) if isinstance(inputs, torch.Tensor) else tuple(inputs)
    names = [f"input_{position}" if position else "input" for position in range(len(given))]
    title = name or type(model).__name__
    fault = ""
    with _EXPORTING, _as_in_inference(model) as marks:
        try:
            exported = _export(model, given, names, opset, bool(marks))
        except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
            fault = next(iter(str(error).splitlines()), type(error).__name__)
    if fault:  # raised here, without torch's frames: those hold a graph that is freed, and printing them would crash
        raise InputError(f"torch cannot export it: {fault}", title)
    return _with_said_weights(_core.read_onnx(exported, title, {}), model)
