"""Counts multiply-accumulates by watching what torch computes, operator by operator, as docs/counting.md defines them."""

import math

from torch.utils._python_dispatch import TorchDispatchMode

# Composite operators that hide their products from the counter; torch takes none of them apart for us.
OPAQUE = ("mkldnn", "fused", "_transformer", "native_multi_head", "lstm", "gru", "rnn", "_convolution_double")


def _convolution(arguments, result):
    value, weight, transposed = arguments[0], arguments[1], arguments[6]
    placed = value if transposed else result  # every element of it meets one kernel, whose second axis is the group's
    return placed.numel() * math.prod(weight.shape[1:])


def _product(left):
    """Of matrices: every output element sums over the last axis of the left operand."""
    return lambda arguments, result: result.numel() * arguments[left].shape[-1]


PRODUCTS = {
    "aten::convolution": _convolution,
    "aten::_convolution": _convolution,
    "aten::mm": _product(0),
    "aten::bmm": _product(0),
    "aten::mv": _product(0),
    "aten::dot": _product(0),
    "aten::addmm": _product(1),
    "aten::addmv": _product(1),
    "aten::baddbmm": _product(1),
}


class MacCounter(TorchDispatchMode):
    """`with MacCounter() as counter: network(...)`; counter.products has the MACs of every product in call order."""

    def __init__(self):
        super().__init__()
        self.products = []

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        name = function._schema.name
        if name in PRODUCTS:
            self.products.append(PRODUCTS[name](arguments, result))
        elif any(part in name for part in OPAQUE):
            raise RuntimeError(f"{name} hides its products from the counter")
        return result

    @property
    def macs(self):
        return sum(self.products)
