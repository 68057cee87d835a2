#!/usr/bin/env python3
"""Mixed-precision searches on scikit-learn's digits: per layer and per channel, against five costs.

Trains a small convolutional network at 8 bits, then searches its widths against the size of its weights, its MACs, bit
operations, and its cycles on MPIC and NE16; refines the widths that were found and trains on at them. Prints accuracy and
cost beside the 8-bit network's. Writes network.json and a
table of widths a search to --output, which the command takes as they are:

    hwcost price OUTPUT/network.json --assign OUTPUT/channel-mpic.csv --hw mpic
    hwcost refine OUTPUT/network.json --assign OUTPUT/channel-mpic.csv --hw mpic --output wider.csv

Needs torch and scikit-learn.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

import hwcost
from hwcost.torch import CostTerm
from hwcost.torch.search import SearchableNetwork

BATCH = 128


@dataclass(frozen=True)
class Target:
    """What a search minimises, and how hard: `strength` weighs the cost, relative to the 8-bit network's."""

    name: str
    machine: str
    metric: str
    strength: float


TARGETS = {
    target.name: target
    for target in (
        Target("size", "counts", "weight_bits", 1.0),
        Target("macs", "counts", "macs", 0.3),
        Target("bit_ops", "bit-ops", "bit_ops", 0.5),
        Target("mpic", "mpic", "latency_cycles", 0.4),
        Target("ne16", "gap9-ne16", "latency_cycles", 0.5),
    )
}
SEARCHES = [("layer", name) for name in TARGETS if name != "macs"] + [("channel", name) for name in TARGETS]


def small_network() -> nn.Sequential:
    """Four convolutions and a linear layer on 8x8 images of one channel."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.Conv2d(32, 32, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
    )  # fmt: skip


def digits() -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """(images, labels) to train on and to test on."""
    data = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16.0
    labels = torch.tensor(data.target)
    train, test = train_test_split(torch.arange(len(labels)), test_size=0.25, random_state=0, stratify=data.target)
    return (images[train], labels[train]), (images[test], labels[test])


def train(network, data, epochs, optimizers, term=None, strength=0.0, on_epoch=lambda share: None):
    """An ordinary training loop, with a cost term or without."""
    images, labels = data
    network.train()
    for epoch in range(epochs):
        on_epoch(epoch / epochs)
        for batch in torch.randperm(len(labels)).split(BATCH):
            loss = nn.functional.cross_entropy(network(images[batch]), labels[batch])
            if term is not None:
                loss = loss + strength * term()
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()


def accuracy(network, data) -> float:
    network.eval()
    with torch.no_grad():
        return float((network(data[0]).argmax(1) == data[1]).float().mean())


def searchable(model, granularity, target, image):
    """The network with soft widths, and its cost term."""
    network = SearchableNetwork(model, image, weight_bits=(0, 2, 4, 8) if granularity == "channel" else (2, 4, 8),
                                activation_bits=(8,), per_channel=granularity == "channel")  # fmt: skip
    return network, CostTerm(network, target.machine, target.metric)


def search(model, granularity, target, train_data, epochs):
    """The network at the widths that were found, and its cost term."""
    network, term = searchable(model, granularity, target, train_data[0][:1])
    weights = torch.optim.Adam(network.weight_parameters(), 1e-3)
    choices = torch.optim.Adam(network.search_parameters(), 3e-2)
    cool = lambda share: network.set_temperature(1.0 - 0.9 * share)
    train(network, train_data, epochs, [weights, choices], term, target.strength, cool)
    machine = hwcost.load_machine(target.machine)
    if target.metric in machine.metrics:  # channels that fill a tile together get the widths that this costs nothing
        network.adopt(hwcost.refine(network.graph, network.widths(), machine, metric=target.metric).widths)
    network.freeze()
    train(network, train_data, epochs // 2, [torch.optim.Adam(network.weight_parameters(), 5e-4)])
    return network, term


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20, help="of the search; half as many follow at fixed widths")
    parser.add_argument("--output", type=Path, default=Path("search_digits"), help="folder for network.json and widths")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="such as channel-mpic; all searches otherwise")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    train_data, test_data = digits()

    model = small_network()
    train(model, train_data, 30, [torch.optim.Adam(model.parameters(), 2e-3)])
    eight_bits = SearchableNetwork(model, train_data[0][:1], weight_bits=(8,))
    train(eight_bits, train_data, 5, [torch.optim.Adam(eight_bits.weight_parameters(), 5e-4)])
    baseline = accuracy(eight_bits, test_data)
    (arguments.output / "network.json").write_text(eight_bits.graph.to_json(), encoding="utf-8")
    print(f"8 bits: accuracy {baseline:.1%}\n")
    print(f"{'search':<16} {'accuracy':>8}  {'cost':>10}  {'8 bits':>10}  {'of it':>6}  metric")

    for granularity, name in SEARCHES:
        title = f"{granularity}-{name}"
        if arguments.only and title not in arguments.only:
            continue
        target = TARGETS[name]
        network, term = search(model, granularity, target, train_data, arguments.epochs)
        (arguments.output / f"{title}.csv").write_text(hwcost.assignment_table(network.widths()), encoding="utf-8")
        accurate = accuracy(network, test_data)
        full = term.reference
        print(f"{title:<16} {accurate:>8.1%}  {term.chosen():>10,.0f}  {full:>10,.0f}  {term.chosen() / full:>6.1%}  "
              f"{target.metric}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
