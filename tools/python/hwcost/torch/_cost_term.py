"""Expected costs as differentiable torch functions."""

from __future__ import annotations

from typing import Any, Optional, Protocol, Sequence, Union

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


def expected_cost(cost: ExpectedCost, variables: torch.Tensor) -> torch.Tensor:
    """The metrics of an ExpectedCost at these variables, one a metric, with its gradient by them.

    Computed in double precision on the CPU whatever the type and device of `variables`, which the result has.

    >>> graph = hwcost.Graph([hwcost.Layer("linear", name="fc", in_channels=64, out_channels=10)])
    >>> quantizer = WeightQuantizer("fc", ["fc"], [2, 8])
    >>> cost = ExpectedCost(graph, hwcost.load_machine("counts"), ["weight_bits"], weights=[quantizer])
    >>> probabilities = torch.tensor([0.5, 0.5], dtype=torch.double, requires_grad=True)
    >>> expected_cost(cost, probabilities).sum().backward()
    >>> probabilities.grad
    tensor([1280., 5120.], dtype=torch.float64)
    """
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

    def chosen(self) -> torch.Tensor:
        """The variables of the most probable widths: shares of the channels."""

    def widest(self) -> torch.Tensor:
        """The variables with every width at its widest: what the cost is compared with."""


class CostTerm(nn.Module):
    """What a network in a search costs on a machine: a term of the loss.

    `loss = criterion(network(images), labels) + strength * term()`. The value is the expected `metric` of the machine
    (or facts such as "weight_bits", "macs", "bit_ops" on "counts"), relative to that at the widest widths, so that one
    strength serves all machines; with `relative=False` in the metric's unit. `mode` is "relaxed" or "straight_through";
    `formula` a cost of your own (metric "cost"). Layers that the machine cannot run are an error, or left out where
    `leave_out_unpriced` says so (`expected.left_out`). Raises InputError as ExpectedCost does.

    >>> from hwcost.torch.search import SearchableNetwork
    >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2))
    >>> network = SearchableNetwork(model, torch.zeros(1, 1, 4, 4), weight_bits=(2, 4, 8))
    >>> term = CostTerm(network, "mpic", "latency_cycles")
    >>> cost = term()
    >>> cost.backward()
    >>> 0 < float(cost) < 1, all(parameter.grad is not None for parameter in network.search_parameters())
    (True, True)
    """

    reference: torch.Tensor

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
        self.metric = metric
        priced_on = machine if isinstance(machine, Machine) else hwcost.load_machine(machine)

        def expect(how: str) -> ExpectedCost:
            return ExpectedCost(network.graph, priced_on, [metric], weights=network.weight_quantizers,
                                activations=network.activation_quantizers, mode=how, formula=formula,
                                leave_out_unpriced=leave_out_unpriced)  # fmt: skip

        self.expected = expect(mode)
        # Relaxed costs are interpolated between tiles; of whole channels the formula itself is meant.
        self._exact = expect("straight_through")
        widest = self._exactly(network.widest()) if relative else 1.0
        self.register_buffer("reference", torch.tensor(widest, dtype=torch.double))

    def _exactly(self, variables: torch.Tensor) -> float:
        with torch.no_grad():
            return float(expected_cost(self._exact, variables.double()))

    def forward(self) -> torch.Tensor:
        """The expected cost of the network as it is now."""
        return expected_cost(self.expected, self._network[0].variables().double())[0] / self.reference

    def chosen(self) -> float:
        """The cost of the widths that are chosen now, in the metric's unit: what `hwcost price --assign` says of them.

        But for depthwise layers with widths by channel behind pruned channels: their shares of widths are kept here,
        as if the channels that are left were of every width alike; on machines with tiles that can cost more.
        """
        return self._exactly(self._network[0].chosen())
