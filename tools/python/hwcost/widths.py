"""How widths are written in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Union

# 8, or "8", "f32", "bf16".
Bits = Union[int, str]
# One width for all output channels, {bits: channels}, or one a channel in order; 0 bit: pruned.
WeightBits = Union[Bits, Mapping[int, int], Sequence[int]]
# {layer: w_bits} or {layer: {"w_bits": ..., "in_bits": ...}}.
Widths = Mapping[str, Union[WeightBits, Mapping[str, WeightBits]]]
