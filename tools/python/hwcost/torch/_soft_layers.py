"""The soft convolutions and linear layers of a search, and the choices of widths that they share."""

from __future__ import annotations

import math
from typing import Any, Optional, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from hwcost.errors import InputError


def _rounded_through(value: torch.Tensor, scale: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """On the grid of `scale`; the gradient passes as if it were not rounded."""
    quantised = torch.clamp(torch.round(value / scale), low, high) * scale
    return value + (quantised - value).detach()


def checked_temperature(temperature: float) -> float:
    """The temperature of a softmax as a number above 0."""
    if not (math.isfinite(temperature) and temperature > 0.0):
        raise InputError(f"a temperature is a number above 0, not {temperature}")
    return float(temperature)


class WidthChoice(nn.Module):
    """Probabilities over widths: one vector; or rows of them, and for each output channel the row that it has.

    >>> WidthChoice([2, 8], row_of_channel=[0, 1, 0, 1]).probabilities().shape
    torch.Size([2, 2])
    """

    row_of_channel: Optional[torch.Tensor]

    def __init__(
        self, widths: Sequence[int], row_of_channel: Optional[Sequence[int]] = None, temperature: float = 1.0
    ) -> None:
        super().__init__()
        self.widths = sorted(set(widths))
        self.temperature = checked_temperature(temperature)
        self.frozen = False
        self.per_channel = row_of_channel is not None
        rows = list(row_of_channel) if row_of_channel is not None else [0]
        start = torch.tensor(self.widths, dtype=torch.float) / max(self.widths)  # the wide ones first
        self.logits = nn.Parameter(start.repeat(max(rows) + 1, 1))
        shared = len(rows) > len(self.logits)
        self.register_buffer("row_of_channel", torch.tensor(rows) if shared else None, persistent=False)

    def _most_probable(self) -> torch.Tensor:
        """An index a row; where every channel would be pruned, the row that is least sure of it stays."""
        chosen = self.logits.argmax(dim=1)
        if self.widths[0] == 0 and len(self.widths) > 1 and bool((chosen == 0).all()):
            kept = int(torch.softmax(self.logits, 1)[:, 0].argmin())
            chosen[kept] = 1 + self.logits[kept, 1:].argmax()
        return chosen

    @property
    def is_soft(self) -> bool:
        """While it trains and is not frozen."""
        return self.training and not self.frozen

    def probabilities(self) -> torch.Tensor:
        """[rows, widths]: soft while it trains, else 0 and 1."""
        if not self.is_soft:
            return self.hard_probabilities()
        return torch.softmax(self.logits / self.temperature, dim=1)

    def hard_probabilities(self) -> torch.Tensor:
        """[rows, widths]: 1 for the most probable width."""
        return F.one_hot(self._most_probable(), len(self.widths)).to(self.logits)

    def channel_probabilities(self) -> torch.Tensor:
        """[1 or channels, widths]."""
        rows = self.probabilities()
        return rows if self.row_of_channel is None else rows[self.row_of_channel]

    def chosen(self) -> Any:
        """The widths as Graph.assign takes them: one, or a list of one a channel."""
        most_probable = self._most_probable()
        if self.row_of_channel is not None:
            most_probable = most_probable[self.row_of_channel]
        widths = [self.widths[int(index)] for index in most_probable]
        return widths if self.per_channel and len(set(widths)) > 1 else widths[0]

    def rows_of(self, widths: Any, layer: str) -> list[int]:
        """The index of its width for each row, from what chosen() gives. Raises InputError that names the layer."""
        chosen = list(widths) if isinstance(widths, (list, tuple)) else [widths]
        channels = len(self.logits) if self.row_of_channel is None else len(self.row_of_channel)
        for bits in chosen:
            if bits not in self.widths:
                known = ", ".join(map(str, self.widths))
                raise InputError(f"layer '{layer}' is searched among {known} bits, not {bits!r}")
        if len(set(chosen)) == 1:
            chosen = chosen[:1] * channels
        if len(chosen) != channels:
            wanted = f"a width for each of its {channels} channels" if self.per_channel else "one width"
            raise InputError(f"layer '{layer}' takes {wanted}, not {len(chosen)} of them")
        if not any(chosen):
            raise InputError(f"layer '{layer}' would lose all of its channels")
        indices = [self.widths.index(bits) for bits in chosen]
        if self.row_of_channel is None:
            return indices
        rows = dict(zip(self.row_of_channel.tolist(), indices))
        if [rows[row] for row in self.row_of_channel.tolist()] != indices:
            raise InputError(f"layer '{layer}' has several widths among channels that share one here, since the groups of a "
                             "convolution have or lose them alike")  # fmt: skip
        return [rows[row] for row in range(len(rows))]

    def choose(self, rows: Sequence[int]) -> None:
        """Makes these the most probable: an index of a width for each row."""
        with torch.no_grad():
            self.logits.copy_(10.0 * F.one_hot(torch.tensor(rows), len(self.widths)))


class _InputQuantizer(nn.Module):
    """Fake-quantised activations, mixed over widths.

    The range is that of the largest values seen in training; before the first of them, that of the values themselves.
    """

    low: torch.Tensor
    high: torch.Tensor

    def __init__(self, choice: WidthChoice) -> None:
        super().__init__()
        self.choice = choice
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))

    def _has_observed(self) -> bool:
        return bool((self.low < 0) | (self.high != 0))

    def _observe(self, value: torch.Tensor) -> None:
        low, high = self._range_of(value)
        seen = self._has_observed()
        self.low.copy_(torch.lerp(self.low, low, 0.1) if seen else low)
        self.high.copy_(torch.lerp(self.high, high, 0.1) if seen else high)

    @staticmethod
    def _range_of(value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.clamp(value.detach().min(), max=0.0), value.detach().max()

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        if self.training:
            with torch.no_grad():
                self._observe(value)
        low, high = (self.low, self.high) if self._has_observed() else self._range_of(value)
        probabilities = self.choice.probabilities()[0]
        signed = bool(low < 0)
        reach = torch.maximum(high, -low).clamp(min=1e-8)
        mixed = torch.zeros_like(value)
        for probability, bits in zip(probabilities, self.choice.widths):
            top = 2.0 ** (bits - 1) - 1 if signed else 2.0**bits - 1
            mixed = mixed + probability * _rounded_through(value, reach / top, -top if signed else 0.0, top)
        return mixed


class _SoftWeights:
    """What SoftConv2d and SoftLinear share: weights that are mixed over widths."""

    weight: torch.Tensor
    bias: Optional[torch.Tensor]
    choice: WidthChoice
    quantize_input: _InputQuantizer
    follows: Optional[WidthChoice]  # of a depthwise layer: that of the channels which it reads, where 0 bit is in it

    def soft_parameters(self) -> tuple[torch.Tensor, Optional[torch.Tensor]]:
        """The mixture of the weights at every width, and the bias of what is not pruned."""
        probabilities = self.choice.channel_probabilities()
        one_a_channel = (-1,) + (1,) * (self.weight.dim() - 1)
        reach = self.weight.detach().abs().flatten(1).amax(1).clamp(min=1e-8).view(one_a_channel)
        mixed = torch.zeros_like(self.weight)
        alive = torch.zeros_like(probabilities[:, 0])
        for index, bits in enumerate(self.choice.widths):
            if bits == 0:
                continue
            probability = probabilities[:, index]
            top = 2.0 ** (bits - 1) - 1
            quantised = _rounded_through(self.weight, reach / top, -top, top)
            mixed = mixed + probability.view(one_a_channel) * quantised
            alive = alive + probability
        if self.follows is not None:
            read = 1.0 - self.follows.channel_probabilities()[:, 0]  # the widths begin with 0 bit
            alive = alive * read.repeat_interleave(len(self.weight) // len(read))
        return mixed, None if self.bias is None else self.bias * alive


class SoftConv2d(_SoftWeights, nn.Conv2d):
    """A convolution with soft widths; its weights are the original's own parameters."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        weight, bias = self.soft_parameters()
        return self._conv_forward(self.quantize_input(input), weight, bias)


class SoftLinear(_SoftWeights, nn.Linear):
    """A linear layer with soft widths; its weights are the original's own parameters."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        weight, bias = self.soft_parameters()
        return F.linear(self.quantize_input(input), weight, bias)


_SOFT = {nn.Conv2d: SoftConv2d, nn.Linear: SoftLinear}


def is_depthwise(module: nn.Module) -> bool:
    """Whether each of its output channels reads one input channel, of several."""
    return isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1


def softenable(network: nn.Module) -> dict[str, Any]:
    """Modules by path that soften() can make soft. Raises InputError for a class derived from theirs.

    Left alone is the projection within nn.MultiheadAttention, which reads its weights without calling it.
    """
    found: dict[str, Any] = {}
    attention = {id(module.out_proj) for module in network.modules() if isinstance(module, nn.MultiheadAttention)}
    for path, module in network.named_modules():
        if type(module) in _SOFT and id(module) not in attention:
            found[path] = module
        elif isinstance(module, tuple(_SOFT)) and id(module) not in attention:
            raise InputError(f"'{path}' is a {type(module).__name__}, of whose weights the search knows nothing: only "
                             "Conv2d and Linear themselves are searched", type(network).__name__)  # fmt: skip
    return found


def soften(module: nn.Module, choice: WidthChoice, inputs: WidthChoice, follows: Optional[WidthChoice] = None) -> None:
    """The module itself becomes a soft one, in place, with its parameters and settings."""
    module.__class__ = _SOFT[type(module)]
    module.add_module("choice", choice)
    module.add_module("follows", follows)
    module.add_module("quantize_input", _InputQuantizer(inputs))


def without_fast_paths(network: nn.Module) -> None:
    """Lets transformer layers call their linear layers also without gradients, where torch reads the weights past them."""
    for module in network.modules():
        if isinstance(module, nn.TransformerEncoderLayer):
            module.activation_relu_or_gelu = 0
        elif isinstance(module, nn.TransformerEncoder):
            module.enable_nested_tensor = False
            module.use_nested_tensor = False  # what torch 2 reads
