"""Which channels a search may prune together, and whether those that are pruned stay 0 up to the layers that read them."""

from __future__ import annotations

import copy
import math
import random
import re
from typing import Any, Collection, Mapping, Optional, Sequence

import torch
from torch import nn

from hwcost._core import Graph
from hwcost.errors import InputError
from hwcost.torch._soft_layers import is_depthwise, without_fast_paths
from hwcost.torch._tracing import Inputs

Groups = Sequence[Sequence[str]]  # module paths that share a choice

_MENDS = ("fold batch norms into their convolutions (torch.nn.utils.fuse_conv_bn_eval), let what lies between give 0 for 0, "
          "or name {} in `kept`")  # fmt: skip


def _reads_channels(module: nn.Module) -> bool:
    return isinstance(module, (nn.modules.conv._ConvNd, nn.Linear))


def _channel_axis(module: Any) -> int:
    """Of the module's input and output, from their end: a batch may be missing."""
    return -1 if isinstance(module, nn.Linear) else -1 - len(module.kernel_size)


def _is_zero(value: torch.Tensor, axis: int) -> torch.Tensor:
    """[channels]: whether all of a channel is 0."""
    return value.detach().movedim(axis, 0).flatten(1).eq(0).all(1)


def _called(path: str, modules: Collection[str]) -> str:
    """The module of a traced layer: further calls of a module have its name and a number ("conv_1")."""
    found = ""
    for part in path.split("."):
        exact = f"{found}.{part}" if found else part
        found = exact if exact in modules else re.sub(r"_\d+$", "", exact)
    return found if found in modules else path


class PruningRules:
    """What follows from the network for searches with 0 bit and for choices a channel."""

    def __init__(self, graph: Graph, network: nn.Module, layers: Mapping[str, str], modules: Mapping[str, Any]) -> None:
        self._graph, self._layers, self._modules = graph, layers, modules
        paths = {path for path, _ in network.named_modules()}
        self._module_of = {layer.name: _called(layer.module, paths) for layer in graph.layers}
        self._in_channels = self._inputs_of(graph)

    @staticmethod
    def _inputs_of(graph: Graph) -> list[float]:
        return [layer.extents.get("in_channels", 0.0) if layer.w_bits is not None else 0.0 for layer in graph.layers]

    def _lost_inputs(self, widths: Mapping[str, Any]) -> list[tuple[str, str, int]]:
        """(layer, module, number) of input channels that are lost where modules have these widths."""
        left = self._inputs_of(self._graph.assign({self._layers[path]: bits for path, bits in widths.items()}))
        return [
            (layer.name, self._module_of[layer.name], int(before - after))
            for layer, before, after in zip(self._graph.layers, self._in_channels, left) if after < before
        ]  # fmt: skip

    def row_of_channel(self, group: Sequence[str], is_pruned: bool) -> list[int]:
        """A row of the choice for each channel: channels that must have one width share it.

        The groups of a convolution have the same widths at the same places, as have the channels that the groups of a
        reader lose; the outputs of a depthwise layer that read one channel have one width.
        """
        channels = int(self._modules[group[0]].weight.shape[0])
        period, outputs_an_input = channels, 1
        for module in (self._modules[path] for path in group):
            if is_depthwise(module):
                outputs_an_input = math.lcm(outputs_an_input, channels // module.groups)
            elif isinstance(module, nn.Conv2d):
                period = math.gcd(period, channels // module.groups)
        for path in self._read(group) if is_pruned else ():
            groups = getattr(self._modules.get(path), "groups", 1)
            if groups > 1 and not is_depthwise(self._modules[path]):
                period = math.gcd(period, max(channels // groups, 1))
        if period % outputs_an_input != 0:
            return [0] * channels
        return [channel % period // outputs_an_input for channel in range(channels)]

    def _read(self, group: Sequence[str]) -> set[str]:
        """The modules that lose inputs where the group's channels are pruned."""
        return {path for _, path, _ in self._lost_inputs(dict.fromkeys(group, 0))}

    def followed(self, groups: Groups) -> dict[str, Sequence[str]]:
        """Depthwise modules that have the channels of one group, one for one, and that group."""
        found: dict[str, list[Sequence[str]]] = {}
        for group in groups:
            for path in self._read(group):
                found.setdefault(path, []).append(group)
        return {
            path: group for path, (group, *others) in found.items()
            if not others and is_depthwise(self._modules.get(path))
            and self._modules[path].in_channels == len(self._modules[group[0]].weight)
        }  # fmt: skip

    def check_zeros(
        self, network: nn.Module, inputs: Inputs, groups: Groups, rows: Mapping[str, Sequence[int]]
    ) -> None:
        """Raises InputError where channels of one group cannot be taken out alone, or are not 0 before what reads them.

        Runs the network once with half of the channels pruned; `rows` has the row of each channel by the group's first.
        """
        draw = random.Random(0)
        widths: dict[str, list[int]] = {}
        for group in groups:
            count = max(rows[group[0]]) + 1
            pruned = set(draw.sample(range(count), count // 2))
            widths.update(dict.fromkeys(group, [0 if row in pruned else 8 for row in rows[group[0]]]))
        followed = self.followed(groups)
        alone = {group[0]: {path: widths[path] for path in group} for group in groups}
        for first, widths_alone in alone.items():
            try:
                self._lost_inputs(widths_alone)
            except InputError as error:
                raise InputError(f"{error.message}: name '{first}' in `kept`", type(network).__name__) from None
        fault = self._fault(network, inputs, widths, followed)
        if not fault:
            return
        found = {first: self._fault(network, inputs, widths_alone, followed) for first, widths_alone in alone.items()}
        faults = {first: text for first, text in found.items() if text} or {groups[0][0]: fault}
        names = ", ".join(f"'{path}'" for path in faults)
        raise InputError(f"{next(iter(faults.values()))}: {_MENDS.format(names)}", type(network).__name__)

    def _fault(
        self, network: nn.Module, inputs: Inputs, widths: Mapping[str, Sequence[int]],
        followed: Mapping[str, Sequence[str]],
    ) -> str:  # fmt: skip
        """What is wrong with pruning so, if anything is."""
        lost = self._lost_inputs(widths)
        zeros = _zeros_read(network, inputs, self._modules, widths, followed)
        names = ", ".join(f"'{path}'" for path in widths)
        for layer, path, count in lost:
            if path not in zeros:
                return f"channels of {names} are read by '{layer}', which is no module, so that 0 bit cannot prune them"
            if zeros[path] < count:
                return f"channels of {names} that 0 bit prunes are not 0 where '{layer}' reads them"
        return ""


def _zeros_read(
    network: nn.Module, inputs: Inputs, searched: Mapping[str, Any], widths: Mapping[str, Sequence[int]],
    followed: Mapping[str, Sequence[str]],
) -> dict[str, int]:  # fmt: skip
    """How many of the channels that a module reads are 0, where those are that have 0 bit, and nothing else is by chance.

    Searched layers give positive random numbers; what is learned elsewhere is random too.
    """
    generator = torch.Generator().manual_seed(0)
    probe = copy.deepcopy(network).eval()
    without_fast_paths(probe)
    read: dict[str, int] = {}

    def positive(like: torch.Tensor) -> torch.Tensor:
        return (torch.rand(like.shape, generator=generator) + 0.5).to(like)

    def lost_of(path: str, like: torch.Tensor) -> Optional[torch.Tensor]:
        return torch.tensor([bits == 0 for bits in widths[path]], device=like.device) if path in widths else None

    def lost_outputs(path: str, module: Any, zeros: torch.Tensor) -> Optional[torch.Tensor]:
        if path in widths:
            return lost_of(path, zeros)
        if is_depthwise(module) and (module.bias is None or path in followed):
            return zeros.repeat_interleave(module.out_channels // module.groups)
        return None

    def hook_of(path: str) -> Any:
        def hook(module: Any, arguments: tuple[Any, ...], result: torch.Tensor) -> Optional[torch.Tensor]:
            if not arguments:
                return None
            axis = _channel_axis(module)
            zeros = _is_zero(arguments[0], axis)
            expected = lost_of(followed[path][0], zeros) if path in followed else None
            misplaced = expected is not None and not bool(zeros[expected].all())
            read[path] = 0 if misplaced else min(read.get(path, len(zeros)), int(zeros.sum()))
            if path not in searched:
                return None
            lost = lost_outputs(path, module, zeros)
            value = positive(result)
            return value if lost is None else value * ~lost.view(-1, *[1] * (-1 - axis))

        return hook

    with torch.no_grad():
        for path, module in probe.named_modules():
            if _reads_channels(module):
                module.register_forward_hook(hook_of(path))
            learned = list(module.parameters(recurse=False)) if path not in searched else []
            if isinstance(module, nn.modules.batchnorm._NormBase):
                learned += [buffer for buffer in module.buffers() if buffer.is_floating_point()]
            for tensor in learned:
                tensor.copy_(positive(tensor))
        given = (inputs,) if isinstance(inputs, torch.Tensor) else inputs
        probe(*(positive(value) if torch.is_tensor(value) and value.is_floating_point() else value for value in given))
    return read
