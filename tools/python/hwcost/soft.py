"""What is soft in a search: the arguments of `hwcost.ExpectedCost`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class WeightQuantizer:
    """Layers that share one vector of probabilities over the widths of their weights.

    `kind` is "split": the output channels divide over the widths (a search a channel), or "choice": the layers take one
    width (a search a layer). 0 bit is a pruned channel; layers of one quantiser with equally many channels lose the
    same ones, which ties layers that feed one add.

    >>> WeightQuantizer("stem", ["conv1"], [0, 2, 4, 8]).kind
    'split'
    """

    name: str
    layers: Sequence[str]
    widths: Sequence[float]
    kind: str = "split"


@dataclass(frozen=True)
class ActivationQuantizer:
    """Layers that share one vector of probabilities over the widths of their inputs.

    >>> ActivationQuantizer("stem.input", ["conv1"], [4, 8]).widths
    [4, 8]
    """

    name: str
    layers: Sequence[str]
    widths: Sequence[float]


@dataclass(frozen=True)
class SoftChannels:
    """Layers whose number of output channels is one real variable, from 0 to what the network has.

    >>> SoftChannels("width", ["conv1", "conv2"]).layers
    ['conv1', 'conv2']
    """

    name: str
    layers: Sequence[str]
