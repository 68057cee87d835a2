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
from typing import Any, Collection, Iterator, Mapping, Optional, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from hwcost import _core
from hwcost._core import Graph
from hwcost.errors import InputError
from hwcost.soft import ActivationQuantizer, WeightQuantizer
from hwcost.torch._pruning import PruningRules
from hwcost.torch._soft_layers import (
    SoftConv2d,
    SoftLinear,
    WidthChoice,
    checked_temperature,
    soften,
    softenable,
    without_fast_paths,
)
from hwcost.torch._tracing import Inputs, trace

__all__ = ["SearchableNetwork", "SoftConv2d", "SoftLinear", "WidthChoice"]


def _check_known(named: Sequence[str], paths: Collection[str]) -> None:
    if isinstance(named, str):
        raise InputError(f"'{named}' stands where a list of layers is wanted")
    unknown = [path for path in named if path not in paths]
    if unknown:
        raise InputError(f"'{unknown[0]}' is no convolution or linear layer of the network, which has {', '.join(paths)}")


def _checked_widths(name: str, widths: Sequence[int], may_prune: bool) -> list[int]:
    """Widths in rising order. 1 bit has no value beside 0 where values have a sign."""
    wrong = [bits for bits in widths if not (2 <= bits <= 32 and bits == int(bits)) and not (may_prune and bits == 0)]
    if wrong or not any(widths):
        wanted = "whole numbers from 2 to 32" + (", and 0 that prunes" if may_prune else "")
        raise InputError(f"{name} are {wanted}, not {wrong[0] if wrong else list(widths)}")
    return sorted({int(bits) for bits in widths})


def _groups(paths: Sequence[str], ties: Sequence[Sequence[str]]) -> list[list[str]]:
    """Every path once: those that are tied together, the others alone, in the network's order."""
    group_of = {path: [path] for path in paths}
    for tie in ties:
        _check_known(tie, group_of)
        merged = sorted({member for path in tie for member in group_of[path]}, key=paths.index)
        group_of.update({member: merged for member in merged})
    return [group for path, group in group_of.items() if group[0] == path]


class SearchableNetwork(nn.Module):
    """A copy of a network whose Conv2d and Linear layers have soft widths, for training against a CostTerm.

    `inputs` is a tensor, or a tuple of what forward() takes, by which the network is traced. `weight_bits` and
    `activation_bits` are the widths to choose from, 2 to 32; 0 bit among the former (only with `per_channel`) prunes
    channels. Layers of a tie in `weight_ties` share their choice, those that read one tensor must in `input_ties`; where 0
    is among the widths, layers whose channels meet (in an add) are tied without being told, and `per_channel`, channels
    that groups of a convolution must have alike. Never pruned are the channels of layers in `kept`, those that cannot be
    taken out of what reads them (the network's outputs, say: `hwcost.channel_ties(network.graph)[1]` has the reasons), and
    those of depthwise layers by themselves: they lose those of the layer before.

    Raises InputError where the network cannot be traced; for a class derived from Conv2d or Linear, whose weights the
    search cannot know; and where a pruned channel would not be 0 before the layers that read it (behind a batch norm, a
    sigmoid): the network is run once to see that. Not searched, and priced at the widest widths: all other layers.

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
        weight_bits = _checked_widths("weight_bits", weight_bits, may_prune=True)
        activation_bits = _checked_widths("activation_bits", activation_bits, may_prune=False)
        if 0 in weight_bits and not per_channel:
            raise InputError("0 bit prunes channels, so it goes with per_channel=True alone")
        self.graph: Graph = trace(model, inputs).with_bits(max(weight_bits), max(activation_bits))
        self.network = copy.deepcopy(model)
        without_fast_paths(self.network)
        found = softenable(self.network)
        if not found:
            raise InputError("the network has no Conv2d and no Linear", type(model).__name__)
        _check_known(kept, found)
        self._layers = self._layer_names(list(found))
        forced, prunable = self._forced_ties() if 0 in weight_bits else ([], set())
        never_pruned = set(found) - prunable | set(kept)
        self._weight_groups = _groups(list(found), [*weight_ties, *forced])
        self._input_groups = _groups(list(found), input_ties)
        self._per_channel = per_channel
        inputs_of = {}
        for group in self._input_groups:
            inputs_of.update(dict.fromkeys(group, WidthChoice(activation_bits, None, temperature)))
        rules = PruningRules(self.graph, model, self._layers, found)
        rows: dict[str, list[int]] = {}  # of channels, by the first of a group
        choices: dict[str, WidthChoice] = {}
        for group in self._weight_groups:
            self._check_channels([found[path] for path in group])
            may_lose = 0 in weight_bits and not never_pruned.intersection(group)
            if per_channel:
                rows[group[0]] = rules.row_of_channel(group, may_lose)
                may_lose = may_lose and max(rows[group[0]]) > 0  # one row always stays
            widths = [bits for bits in weight_bits if bits or may_lose]
            choices[group[0]] = WidthChoice(widths, rows.get(group[0]), temperature)
        pruned = [group for group in self._weight_groups if 0 in choices[group[0]].widths]
        if pruned:
            rules.check_zeros(model, inputs, pruned, rows)
        followed = {path: choices[group[0]] for path, group in rules.followed(pruned).items()}
        for group in self._weight_groups:
            for path in group:
                soften(found[path], choices[group[0]], inputs_of[path], followed.get(path))
        self._choices_searched = [choice for _, _, choice in self._searched()]

    def _layer_names(self, paths: Sequence[str]) -> dict[str, str]:
        """What the traced network calls the layer of each module."""
        names: dict[str, str] = {}
        for layer in self.graph.layers:
            if layer.module in paths and layer.w_bits is not None:
                names.setdefault(layer.module, layer.name)
        unused = [path for path in paths if path not in names]
        if unused:
            raise InputError(f"no layer of the network's run is that of '{unused[0]}': it is not called, or not by the module "
                             "that has it (torch.fx calls all from the outermost)", self.graph.file)  # fmt: skip
        return names

    def _forced_ties(self) -> tuple[list[list[str]], set[str]]:
        """Modules that lose the same channels, and all that may lose any."""
        groups, fixed = _core.channel_ties(self.graph)
        module_of = {layer: path for path, layer in self._layers.items()}
        ties = [[module_of[layer] for layer in group if layer in module_of] for group in groups]
        free = [group for group, tie in zip(groups, ties) if len(tie) == len(group) and not set(group) & set(fixed)]
        return ties, {module_of[layer] for group in free for layer in group}

    def _check_channels(self, modules: Sequence[Any]) -> None:
        counts = {int(module.weight.shape[0]) for module in modules}
        if self._per_channel and len(counts) > 1:
            raise InputError(f"layers that share a choice a channel have {sorted(counts)} output channels")

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

    def softmax_logits(self) -> Optional[tuple[list[nn.Parameter], float]]:
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
        """Of all softmaxes, above 0: lower is harder."""
        temperature = checked_temperature(temperature)
        for module in self.modules():
            if isinstance(module, WidthChoice):
                module.temperature = temperature

    def freeze(self, frozen: bool = True) -> None:
        """Takes the most probable width everywhere, for training on with it."""
        for module in self.modules():
            if isinstance(module, WidthChoice):
                module.frozen = frozen

    def adopt(self, widths: Mapping[str, Mapping[str, Any]]) -> None:
        """Chooses these widths, such as widths() and hwcost.refine give, of the layers that are named.

        Raises InputError for layers, widths and numbers of channels that the search does not have.

        >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2))
        >>> network = SearchableNetwork(model, torch.zeros(1, 1, 4, 4), weight_bits=(2, 4, 8))
        >>> network.adopt({"0": {"w_bits": 4}})
        >>> network.widths()["0"]
        {'w_bits': 4, 'in_bits': 8}
        """
        searched = set(self._layers.values())
        for name, entry in widths.items():
            if name not in searched:
                raise InputError(f"'{name}' is no layer that is searched: those are {', '.join(self._layers.values())}")
            if not isinstance(entry, Mapping) or set(entry) - {"w_bits", "in_bits"}:
                raise InputError(f"layer '{name}' takes w_bits and in_bits, not {entry!r}")
        adopted = [*self._adopted(widths, "w_bits"), *self._adopted(widths, "in_bits")]
        for choice, rows in adopted:
            choice.choose(rows)

    def _adopted(self, widths: Mapping[str, Mapping[str, Any]], key: str) -> Iterator[tuple[WidthChoice, list[int]]]:
        of_input = key == "in_bits"
        for group, choice in self._choices(self._input_groups if of_input else self._weight_groups, of_input):
            names = [self._layers[path] for path in group if key in widths.get(self._layers[path], {})]
            rows = [choice.rows_of(widths[name][key], name) for name in names]
            for name, other in zip(names, rows):
                if other != rows[0]:
                    raise InputError(f"layers '{names[0]}' and '{name}' share their widths and are given two")
            if rows:
                yield choice, rows[0]

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
