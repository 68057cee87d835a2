"""Networks whose widths are searched while they train: soft-quantised convolutions and linear layers.

    network = SearchableNetwork(model, images[:1], weight_bits=(0, 2, 4, 8), per_channel=True)
    term = CostTerm(network, "mpic", "latency_cycles")
    loss = criterion(network(images), labels) + strength * term()       # in the loop; then network.freeze(), train on

Every width's fake-quantised weights are mixed by probabilities, softmax(logits / temperature), of the layer or of each
output channel; 0 bit is a pruned channel, whose weights and bias are 0. In evaluation, and after freeze(), every choice
is the most probable one. Not modelled: quantised biases and accumulators.
"""

from __future__ import annotations

import copy
from typing import Any, Iterator, Mapping, Optional, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from hwcost import _core
from hwcost._core import Graph
from hwcost.errors import InputError
from hwcost.soft import ActivationQuantizer, WeightQuantizer
from hwcost.torch._tracing import Inputs, trace

__all__ = ["SearchableNetwork", "SoftConv2d", "SoftLinear", "WidthChoice"]


def _rounded_through(value: torch.Tensor, scale: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """On the grid of `scale`; the gradient passes as if it were not rounded."""
    quantised = torch.clamp(torch.round(value / scale), low, high) * scale
    return value + (quantised - value).detach()


class WidthChoice(nn.Module):
    """Probabilities over widths: one vector, or one for each of `channels`."""

    def __init__(self, widths: Sequence[int], channels: Optional[int] = None, temperature: float = 1.0) -> None:
        super().__init__()
        self.widths = sorted(set(widths))
        self.temperature = temperature
        self.frozen = False
        start = torch.tensor(self.widths, dtype=torch.float) / max(self.widths)  # the wide ones first
        self.logits = nn.Parameter(start.repeat(channels or 1, 1))
        self.per_channel = channels is not None

    def _most_probable(self) -> torch.Tensor:
        """An index a row; where every channel would be pruned, the one that is least sure of it stays."""
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
        """[1 or channels, widths]: soft while it trains, else 0 and 1."""
        if not self.is_soft:
            return self.hard_probabilities()
        return torch.softmax(self.logits / self.temperature, dim=1)

    def hard_probabilities(self) -> torch.Tensor:
        """[1 or channels, widths]: 1 for the most probable width."""
        return F.one_hot(self._most_probable(), len(self.widths)).to(self.logits)

    def chosen(self) -> Any:
        """The widths as Graph.assign takes them: one, or a list of one a channel."""
        widths = [self.widths[int(index)] for index in self._most_probable()]
        return widths if self.per_channel and len(set(widths)) > 1 else widths[0]

    def choose(self, widths: Any) -> None:
        """Makes these the most probable: one width, or a list of one a channel."""
        chosen = list(widths) if isinstance(widths, (list, tuple)) else [widths] * len(self.logits)
        indices = [self.widths.index(bits) for bits in chosen]
        with torch.no_grad():
            self.logits.copy_(10.0 * F.one_hot(torch.tensor(indices), len(self.widths)))


class _InputQuantizer(nn.Module):
    """Fake-quantised activations, mixed over widths; the range is that of the largest values seen in training."""

    low: torch.Tensor
    high: torch.Tensor

    def __init__(self, choice: WidthChoice) -> None:
        super().__init__()
        self.choice = choice
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))

    def _observe(self, value: torch.Tensor) -> None:
        low, high = torch.clamp(value.min(), max=0.0), value.max()
        seen = bool(self.high > 0)
        self.low.copy_(torch.lerp(self.low, low, 0.1) if seen else low)
        self.high.copy_(torch.lerp(self.high, high, 0.1) if seen else high)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        if self.training:
            with torch.no_grad():
                self._observe(value)
        probabilities = self.choice.probabilities()[0]
        signed = bool(self.low < 0)
        reach = torch.maximum(self.high, -self.low).clamp(min=1e-8)
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

    def soft_parameters(self) -> tuple[torch.Tensor, Optional[torch.Tensor]]:
        """The mixture of the weights at every width, and the bias of what is not pruned."""
        probabilities = self.choice.probabilities()
        one_a_channel = (-1,) + (1,) * (self.weight.dim() - 1)
        reach = self.weight.detach().abs().flatten(1).amax(1).clamp(min=1e-8).view(one_a_channel)
        mixed = torch.zeros_like(self.weight)
        alive = torch.zeros_like(probabilities[:, 0])
        for index, bits in enumerate(self.choice.widths):
            if bits == 0:
                continue
            probability = probabilities[:, index]
            top = max(2.0 ** (bits - 1) - 1, 1.0)
            quantised = _rounded_through(self.weight, reach / top, -top, top)
            mixed = mixed + probability.view(one_a_channel) * quantised
            alive = alive + probability
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


def _softened(module: nn.Module, choice: WidthChoice, inputs: WidthChoice) -> None:
    """The module itself becomes a soft one, in place, with its parameters and settings."""
    module.__class__ = _SOFT[type(module)]
    module.add_module("choice", choice)
    module.add_module("quantize_input", _InputQuantizer(inputs))


def _groups(paths: Sequence[str], ties: Sequence[Sequence[str]]) -> list[list[str]]:
    """Every path once: those that are tied together, the others alone, in the network's order."""
    group_of = {path: [path] for path in paths}
    for tie in ties:
        unknown = [path for path in tie if path not in group_of]
        if unknown:
            raise InputError(f"'{unknown[0]}' is no convolution or linear layer of the network, which has {', '.join(paths)}")
        merged = sorted({member for path in tie for member in group_of[path]}, key=paths.index)
        group_of.update({member: merged for member in merged})
    return [group for path, group in group_of.items() if group[0] == path]


class SearchableNetwork(nn.Module):
    """A copy of a network whose Conv2d and Linear layers have soft widths, for training against a CostTerm.

    `inputs` is a tensor, or a tuple of what forward() takes, by which the network is traced. `weight_bits` and
    `activation_bits` are the widths to choose from; 0 bit among the former (only with `per_channel`) prunes channels.
    Layers of a tie in `weight_ties` share their choice, those that read one tensor must in `input_ties`; where 0 is among
    the widths, layers whose channels meet (in an add) are tied without being told. Never pruned are the channels of layers
    in `kept`, of the network's outputs and of depthwise layers by themselves: they lose those of the layer before. Raises InputError where the network cannot be traced, ValueError for a batch norm beside 0
    bit, whose shift would outlive a pruned channel: fold it first (torch.nn.utils.fuse_conv_bn_eval).

    >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2))
    >>> network = SearchableNetwork(model, torch.zeros(1, 1, 4, 4), weight_bits=(0, 2, 8), per_channel=True)
    >>> network(torch.zeros(5, 1, 4, 4)).shape
    torch.Size([5, 2])
    >>> network.widths()
    {'0': {'w_bits': 8, 'in_bits': 8}, '3': {'w_bits': 8, 'in_bits': 8}}
    """

    def __init__(
        self,
        model: nn.Module,
        inputs: Inputs,
        *,
        weight_bits: Sequence[int] = (2, 4, 8),
        activation_bits: Sequence[int] = (8,),
        per_channel: bool = False,
        weight_ties: Sequence[Sequence[str]] = (),
        input_ties: Sequence[Sequence[str]] = (),
        kept: Sequence[str] = (),
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        if 0 in weight_bits and not per_channel:
            raise ValueError("0 bit prunes channels, so it goes with per_channel=True alone")
        if 0 in weight_bits and any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules()):
            raise ValueError("a batch norm's shift outlives the channels that 0 bit prunes: fold it into its convolution")
        self.graph: Graph = trace(model, inputs).with_bits(max(weight_bits), max(activation_bits))
        self.network = copy.deepcopy(model)
        found = {path: module for path, module in self.network.named_modules() if type(module) in _SOFT}
        if not found:
            raise InputError("the network has no Conv2d and no Linear", type(model).__name__)
        self._layers = self._layer_names(list(found))
        forced, prunable = self._forced_ties() if 0 in weight_bits else ([], set())
        never_pruned = set(found) - prunable | set(kept)
        self._weight_groups = _groups(list(found), [*weight_ties, *forced])
        self._input_groups = _groups(list(found), input_ties)
        self._per_channel = per_channel
        inputs_of = {}
        for group in self._input_groups:
            inputs_of.update(dict.fromkeys(group, WidthChoice(activation_bits, None, temperature)))
        for group in self._weight_groups:
            widths = [bits for bits in weight_bits if bits or not never_pruned.intersection(group)]
            choice = WidthChoice(widths, self._channels([found[path] for path in group]), temperature)
            for path in group:
                _softened(found[path], choice, inputs_of[path])
        self._choices_searched = [choice for _, _, choice in self._searched()]

    def _layer_names(self, paths: Sequence[str]) -> dict[str, str]:
        """What the traced network calls the layer of each module."""
        names: dict[str, str] = {}
        for layer in self.graph.layers:
            if layer.module in paths and layer.w_bits is not None:
                names.setdefault(layer.module, layer.name)
        unused = [path for path in paths if path not in names]
        if unused:
            raise InputError(f"'{unused[0]}' is not used when the network runs", self.graph.file)
        return names

    def _forced_ties(self) -> tuple[list[list[str]], set[str]]:
        """Modules that lose the same channels, and all that may lose any."""
        groups, fixed = _core.channel_ties(self.graph)
        module_of = {layer: path for path, layer in self._layers.items()}
        ties = [[module_of[layer] for layer in group if layer in module_of] for group in groups]
        free = [group for group, tie in zip(groups, ties) if len(tie) == len(group) and not set(group) & set(fixed)]
        return ties, {module_of[layer] for group in free for layer in group}

    def _channels(self, modules: Sequence[Any]) -> Optional[int]:
        counts = {int(module.weight.shape[0]) for module in modules}
        if self._per_channel and len(counts) > 1:
            raise ValueError(f"layers that share a choice a channel have {sorted(counts)} output channels")
        return counts.pop() if self._per_channel else None

    def _choices(self, groups: Sequence[Sequence[str]], of_input: bool) -> Iterator[tuple[Sequence[str], WidthChoice]]:
        for group in groups:
            module: Any = self.network.get_submodule(group[0])
            yield group, module.quantize_input.choice if of_input else module.choice

    def _searched(self) -> Iterator[tuple[bool, Sequence[str], WidthChoice]]:
        """(is of an input, layers, choice) in the order of the variables; inputs of one width are no variable."""
        for group, choice in self._choices(self._weight_groups, of_input=False):
            yield False, group, choice
        for group, choice in self._choices(self._input_groups, of_input=True):
            if len(choice.widths) > 1:
                yield True, group, choice

    @property
    def weight_quantizers(self) -> list[WeightQuantizer]:
        """For ExpectedCost."""
        kind = "split" if self._per_channel else "choice"
        return [
            WeightQuantizer(group[0], [self._layers[path] for path in group], choice.widths, kind)
            for is_input, group, choice in self._searched() if not is_input
        ]  # fmt: skip

    @property
    def activation_quantizers(self) -> list[ActivationQuantizer]:
        """For ExpectedCost."""
        return [
            ActivationQuantizer(f"{group[0]} input", [self._layers[path] for path in group], choice.widths)
            for is_input, group, choice in self._searched() if is_input
        ]  # fmt: skip

    def variables(self) -> torch.Tensor:
        """Probabilities as they are now, flat, in double precision: soft while it trains, else of the chosen widths."""
        return torch.cat([choice.probabilities().double().mean(0) for choice in self._choices_searched])

    def logits(self) -> Optional[tuple[list[nn.Parameter], float]]:
        """What the variables are mean softmaxes of, and the temperature; nothing where they are not, or of several."""
        temperatures = {choice.temperature for choice in self._choices_searched}
        if len(temperatures) > 1 or not all(choice.is_soft for choice in self._choices_searched):
            return None
        return self.search_parameters(), temperatures.pop()

    def widest(self) -> torch.Tensor:
        """The variables of the widest widths."""
        return torch.cat([F.one_hot(torch.tensor(len(choice.widths) - 1), len(choice.widths)).double()
                          for _, _, choice in self._searched()])  # fmt: skip

    def forward(self, *inputs: Any) -> Any:
        return self.network(*inputs)

    def search_parameters(self) -> list[nn.Parameter]:
        """Those of the choices, for an optimizer of their own; `weight_parameters` has all others."""
        return [choice.logits for choice in self._choices_searched]

    def weight_parameters(self) -> list[nn.Parameter]:
        """Weights and biases."""
        logits = {id(module.logits) for module in self.modules() if isinstance(module, WidthChoice)}
        return [parameter for parameter in self.parameters() if id(parameter) not in logits]

    def set_temperature(self, temperature: float) -> None:
        """Of all softmaxes: lower is harder."""
        for module in self.modules():
            if isinstance(module, WidthChoice):
                module.temperature = temperature

    def freeze(self, frozen: bool = True) -> None:
        """Takes the most probable width everywhere, for training on with it."""
        for module in self.modules():
            if isinstance(module, WidthChoice):
                module.frozen = frozen

    def adopt(self, widths: Mapping[str, Mapping[str, Any]]) -> None:
        """Chooses these widths of weights, such as hwcost.refine gives: the same layers and numbers of channels.

        >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2))
        >>> network = SearchableNetwork(model, torch.zeros(1, 1, 4, 4), weight_bits=(2, 4, 8))
        >>> network.adopt({"0": {"w_bits": 4}})
        >>> network.widths()["0"]
        {'w_bits': 4, 'in_bits': 8}
        """
        for group, choice in self._choices(self._weight_groups, of_input=False):
            name = self._layers[group[0]]
            if name in widths:
                choice.choose(widths[name]["w_bits"])

    def widths(self) -> Mapping[str, Mapping[str, Any]]:
        """The chosen widths, as Graph.assign, hwcost.refine and hwcost.assignment_table take them."""
        chosen: dict[str, dict[str, Any]] = {name: {} for name in self._layers.values()}
        for group, choice in self._choices(self._weight_groups, of_input=False):
            for path in group:
                chosen[self._layers[path]]["w_bits"] = choice.chosen()
        for group, choice in self._choices(self._input_groups, of_input=True):
            for path in group:
                chosen[self._layers[path]]["in_bits"] = choice.chosen()
        return chosen
