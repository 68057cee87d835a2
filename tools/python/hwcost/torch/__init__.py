"""hwcost for torch: costs of any torch.nn.Module, and searches that train against the cost on a machine.

Needs torch (tested with 1.13), which `import hwcost` alone does not import. The conventions by which quantisers are
recognised are in docs/torch.md.

>>> from torch import nn
>>> total, tree = estimate_cost(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (3, 8, 8), formula="macs*w_bits*a_bits")
>>> total == 8 * 3 * 9 * 36 * 32 * 32
True
"""

from hwcost.torch._cost_term import CostTerm, SoftmaxNetwork, SoftNetwork, expected_cost
from hwcost.torch._estimate import CostEstimate, ModuleCost, estimate_cost
from hwcost.torch._tracing import trace

__all__ = ["CostEstimate", "CostTerm", "ModuleCost", "SoftNetwork", "SoftmaxNetwork", "estimate_cost", "expected_cost", "trace"]
