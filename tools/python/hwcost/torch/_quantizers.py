"""Which widths a torch module says that it has, by the conventions that docs/torch.md lists.

Functions take a module and its path in the model, which errors name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, Optional

import numpy
import torch
from torch import nn

from hwcost.errors import InputError
from hwcost.widths import WeightBits

_QUANTIZER = ("bit_width", "bits", "n_bits", "num_bits", "nbits")
_WEIGHT = ("quant_weight_bit_width", "weight_bits", "weight_bit_width", "w_bits", "w_bit", "wbits")
_INPUT = ("quant_input_bit_width", "input_bits", "input_bit_width", "act_bits", "activation_bits", "a_bits", "in_bits",
          "a_bit", "abits")  # fmt: skip
_OUTPUT = ("quant_output_bit_width", "quant_act_bit_width", "output_bits", "output_bit_width", "out_bits")


def _numbers(value: Any) -> Iterator[Any]:
    """What a number, an array, or a sequence of these holds; anything else as it is."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
    if isinstance(value, (torch.Tensor, numpy.ndarray)):
        yield from value.flatten().tolist()
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            yield from _numbers(part)
    else:
        yield value


def _is_width(value: Any, least: int) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and value in range(least, 65)


def _said(module: nn.Module, path: str, names: Sequence[str], least: int = 1) -> Optional[list[int]]:
    """The widths under the first of these names that says some. Raises InputError where what it says is no width."""
    for name in names:
        value: Any = getattr(module, name, None)
        is_method = callable(value) and not isinstance(value, (nn.Module, torch.Tensor))
        if is_method:
            try:
                value = value()
            except Exception:  # a method of another meaning, or one that knows nothing before the first run
                continue
        if value is None or isinstance(value, nn.Module):
            continue
        numbers = list(_numbers(value))
        if not numbers or not all(_is_width(bits, least) for bits in numbers):
            if is_method:  # of another meaning
                continue
            shown = " ".join(repr(value).split())[:200]
            raise InputError(f"{name} of module '{path}' ({type(module).__name__}) is {shown}, "
                             f"wanted a whole number of bits from {least} to 64, or one a channel")  # fmt: skip
        return [int(bits) for bits in numbers]
    return None


def _has_weights(module: nn.Module) -> bool:
    return any(parameter.dim() > 1 for parameter in module.parameters())


def _fake_quantizer_bits(module: nn.Module) -> Optional[int]:
    low, high = getattr(module, "quant_min", None), getattr(module, "quant_max", None)
    if not isinstance(low, int) or not isinstance(high, int) or high <= low:
        return None
    bits = (high - low).bit_length()
    stored_in_8 = getattr(module, "dtype", None) in (torch.quint8, torch.qint8)
    return 8 if bits == 7 and stored_in_8 else bits  # one bit less guards against overflow alone


def is_off(module: nn.Module) -> bool:
    """Whether it is a fake quantiser that is turned off: it quantises nothing."""
    enabled = getattr(module, "fake_quant_enabled", None)
    return isinstance(enabled, torch.Tensor) and not bool(enabled.flatten()[0])


def quantizer_bits(module: nn.Module, path: str) -> Optional[int]:
    """The width that a quantiser's output has; None for every other module."""
    if hasattr(module, "fake_quant_enabled"):
        return None if is_off(module) else _fake_quantizer_bits(module)
    is_leaf = next(module.children(), None) is None
    if "quant" not in type(module).__name__.lower() or not is_leaf or _has_weights(module):
        return None
    said = _said(module, path, _QUANTIZER)
    return said[0] if said is not None and len(set(said)) == 1 else None


def weight_bits(module: nn.Module, path: str) -> Optional[WeightBits]:
    """The width of its weights, or one a channel."""
    said = _said(module, path, _WEIGHT, least=0) if _has_weights(module) else None
    if said is None:
        return None
    return said[0] if len(said) == 1 else said


def _one(said: Optional[list[int]]) -> Optional[int]:
    return max(said) if said is not None else None


def input_bits(module: nn.Module, path: str) -> Optional[int]:
    """The width at which it reads its input, the widest where there is one a channel."""
    return _one(_said(module, path, _INPUT))


def output_bits(module: nn.Module, path: str) -> Optional[int]:
    """The width of what it gives."""
    return _one(_said(module, path, _OUTPUT))
