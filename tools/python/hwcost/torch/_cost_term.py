"""Expected costs as differentiable torch functions."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Protocol, Sequence, Union

import torch
from torch import nn

import hwcost
from hwcost._core import ExpectedCost, Graph, Machine
from hwcost.soft import ActivationQuantizer, WeightQuantizer


class _Expected(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, variables: torch.Tensor, cost: ExpectedCost) -> torch.Tensor:
        values, gradients = cost.evaluate(variables.detach().cpu().double().numpy())
        ctx.gradients = torch.from_numpy(gradients).to(variables)
        return torch.from_numpy(values).to(variables)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient @ ctx.gradients, None


class _ExpectedOfLogits(torch.autograd.Function):
    """The first metric over `unit`, of probabilities that are means of softmaxes, a tensor of rows for each block.

    One operation from logits to cost: in a training step it is small ones of torch that a cost term's time goes into.
    """

    @staticmethod
    def forward(ctx: Any, cost: ExpectedCost, unit: float, temperature: float, *logits: torch.Tensor) -> torch.Tensor:
        flat = torch.cat([rows.flatten() for rows in logits])
        values, gradients = cost.evaluate_logits(flat.cpu().double().numpy(), [len(rows) for rows in logits], temperature)
        ctx.gradient = torch.from_numpy(gradients[0] / unit).to(flat)
        ctx.shapes = [rows.shape for rows in logits]
        return torch.tensor(values[0] / unit, dtype=torch.double, device=flat.device)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Optional[torch.Tensor], ...]:
        parts = (ctx.gradient * gradient).split([shape.numel() for shape in ctx.shapes])
        return None, None, None, *(part.view(shape) for part, shape in zip(parts, ctx.shapes))


def expected_cost(cost: ExpectedCost, variables: torch.Tensor) -> torch.Tensor:
    """The metrics of an ExpectedCost at these variables, one a metric, with its gradient by them.

    Computed in double precision on the CPU whatever the type and device of `variables`, which the result has: of half
    precision it keeps three digits, and below 6e-8 (energies in joules) none. Raises InputError for whole numbers.

    >>> graph = hwcost.Graph([hwcost.Layer("linear", name="fc", in_channels=64, out_channels=10)])
    >>> quantizer = WeightQuantizer("fc", ["fc"], [2, 8])
    >>> cost = ExpectedCost(graph, hwcost.load_machine("counts"), ["weight_bits"], weights=[quantizer])
    >>> probabilities = torch.tensor([0.5, 0.5], dtype=torch.double, requires_grad=True)
    >>> expected_cost(cost, probabilities).sum().backward()
    >>> probabilities.grad
    tensor([1280., 5120.], dtype=torch.float64)
    """
    if not variables.is_floating_point():
        raise hwcost.InputError(f"variables are probabilities in floating point, not {variables.dtype}")
    result: torch.Tensor = _Expected.apply(variables, cost)
    return result


class SoftNetwork(Protocol):
    """What a CostTerm asks of a network: `hwcost.torch.search.SearchableNetwork` has it, and so may yours."""

    graph: Graph

    @property
    def weight_quantizers(self) -> Sequence[WeightQuantizer]:
        """Each a block of variables, a probability a width."""

    @property
    def activation_quantizers(self) -> Sequence[ActivationQuantizer]:
        """The same of the layers' inputs, in the blocks behind."""

    def variables(self) -> torch.Tensor:
        """The probabilities as they are now, one flat tensor, differentiable by the parameters of the search."""

    def widths(self) -> Mapping[str, Mapping[str, Any]]:
        """The most probable widths, {layer: {"w_bits": ..., "in_bits": ...}} as Graph.assign takes them."""

    def widest(self) -> torch.Tensor:
        """The variables with every width at its widest: what the cost is compared with."""


class SoftmaxNetwork(SoftNetwork, Protocol):
    """A SoftNetwork that says what its variables are softmaxes of: a cost term then takes less of a training step."""

    def softmax_logits(self) -> Optional[tuple[Sequence[torch.Tensor], float]]:
        """Of each block a tensor [rows, widths], and a temperature: its variables are the mean of the rows' softmaxes of
        logits / temperature. None where they are not now."""


class CostTerm(nn.Module):
    """What a network in a search costs on a machine: a term of the loss.

    `loss = criterion(network(images), labels) + strength * term()`. The value is the expected `metric` of the machine
    (or facts such as "weight_bits", "macs", "bit_ops" on "counts"), relative to that at the widest widths, so that one
    strength serves all machines (`reference`); with `relative=False` in the metric's unit. `mode` is "relaxed" or
    "straight_through"; `formula` a cost of your own (metric "cost"). Layers that the machine cannot run are an error, or
    left out where `leave_out_unpriced` says so (`expected.left_out`). Raises InputError as ExpectedCost does, and where the cost at the
    widest widths is 0. Not modelled by "weight_bits": that calls of one module share its weights; they are read at each.

    >>> from hwcost.torch.search import SearchableNetwork
    >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2))
    >>> network = SearchableNetwork(model, torch.zeros(1, 1, 4, 4), weight_bits=(2, 4, 8))
    >>> term = CostTerm(network, "mpic", "latency_cycles")
    >>> cost = term()
    >>> cost.backward()
    >>> 0 < float(cost) < 1, all(parameter.grad is not None for parameter in network.search_parameters())
    (True, True)
    """

    def __init__(
        self,
        network: SoftNetwork,
        machine: Union[Machine, str],
        metric: str,
        *,
        mode: str = "relaxed",
        formula: Optional[str] = None,
        relative: bool = True,
        leave_out_unpriced: bool = False,
    ) -> None:
        super().__init__()
        self._network = [network]  # in a list: its parameters are not this module's
        self.machine = machine if isinstance(machine, Machine) else hwcost.load_machine(machine)
        self.metric, self.formula = metric, formula
        self.expected = ExpectedCost(network.graph, self.machine, [metric], weights=network.weight_quantizers,
                                     activations=network.activation_quantizers, mode=mode, formula=formula,
                                     leave_out_unpriced=leave_out_unpriced)  # fmt: skip
        with torch.no_grad():
            widest = float(expected_cost(self.expected, network.widest().double())[0]) if relative else 1.0
        if not widest > 0.0:
            raise hwcost.InputError(f"nothing is relative to the network's {metric} on {self.machine.name} at the widest "
                                    f"widths, which is {widest:g}: take relative=False", network.graph.file)  # fmt: skip
        self.reference = widest  # no buffer: those change their type with the network's

    def forward(self) -> torch.Tensor:
        """The expected cost of the network as it is now."""
        network = self._network[0]
        logits_of = getattr(network, "softmax_logits", None)
        soft = logits_of() if logits_of is not None else None
        if soft is None:
            return expected_cost(self.expected, network.variables().double()).view(()) / self.reference
        logits, temperature = soft
        cost: torch.Tensor = _ExpectedOfLogits.apply(self.expected, self.reference, temperature, *logits)
        return cost

    def chosen(self) -> float:
        """The cost of the widths that are chosen now, in the metric's unit: what `hwcost price --assign` says of them.

        The network with those widths is priced as the command does it, layers that have no price left out. Raises
        InputError where the sum over its layers has no value.

        >>> from hwcost.torch.search import SearchableNetwork
        >>> network = SearchableNetwork(nn.Conv2d(1, 8, 3), torch.zeros(1, 1, 4, 4), weight_bits=(2, 4, 8))
        >>> term = CostTerm(network, "counts", "weight_bits")
        >>> network.adopt({layer.name: {"w_bits": 4} for layer in network.graph.layers})
        >>> term.chosen()
        288.0
        """
        network = self._network[0]
        report = hwcost.evaluate(network.graph.assign(dict(network.widths())), self.machine, formula=self.formula)
        cost: Optional[float] = report.totals[self.metric]
        if cost is None:
            raise hwcost.InputError(f"the network has no {self.metric} on {report.machine}", report.model)
        return cost
