#!/usr/bin/env python3
"""What a CostTerm adds to a training step: steps with it and without it, in turn, in the searches of search_digits.py.

Usage: PYTHONPATH=build/release/python benchmarks/python_cost_term.py [EPOCHS]

A step is forward, backward and both optimizers, on a batch of 128. "term" is the median of what a step with the term
takes more than the one without it that follows, and its share of a step with it. Needs torch and scikit-learn.
"""

import sys
import time
from pathlib import Path
from statistics import median

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools/python/examples"))
import search_digits


def step_seconds(network, images, labels, optimizers, term):
    start = time.perf_counter()
    loss = nn.functional.cross_entropy(network(images), labels)
    if term is not None:
        loss = loss + 0.1 * term()
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
    return time.perf_counter() - start


def main():
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    torch.manual_seed(0)
    (images, labels), _ = search_digits.digits()
    model = search_digits.small_network()
    shares = []
    print(f"{'search':<16}{'step':>9}{'term':>10}{'share':>8}")
    for granularity, name in search_digits.SEARCHES:
        network, term = search_digits.searchable(model, granularity, search_digits.TARGETS[name], images[:1])
        network.train()
        optimizers = [torch.optim.Adam(network.weight_parameters(), 1e-3), torch.optim.Adam(network.search_parameters(), 3e-2)]
        with_term, without = [], []
        for _ in range(epochs):
            for batch in torch.randperm(len(labels)).split(search_digits.BATCH)[:-1]:  # the last is smaller
                with_term.append(step_seconds(network, images[batch], labels[batch], optimizers, term))
                without.append(step_seconds(network, images[batch], labels[batch], optimizers, None))
        extra = median(one - other for one, other in zip(with_term, without))
        shares.append(extra / median(with_term))
        print(f"{granularity + '-' + name:<16}{median(with_term) * 1e3:>6.2f} ms{extra * 1e6:>7.0f} us{shares[-1]:>8.1%}", flush=True)
    print(f"median of the shares: {median(shares):.1%}")


if __name__ == "__main__":
    main()
