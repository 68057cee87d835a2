"""Copies of a search, and searches that are written to a file, go on by themselves."""

import copy
import io
import pickle

import pytest
import torch
from torch_networks import depthwise_network, small_network

from hwcost.torch import CostTerm
from hwcost.torch.search import SearchableNetwork

IMAGES = torch.rand(12, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def searchable(model):
    torch.manual_seed(2)
    network = SearchableNetwork(model, IMAGES[:1], weight_bits=(0, 2, 8), per_channel=True)
    for logits in network.search_parameters():
        torch.nn.init.normal_(logits)
    return network


def saved_and_loaded(network):
    file = io.BytesIO()
    torch.save(network, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value)), saved_and_loaded])
def test_copy_of_a_network_is_a_search_of_its_own(copied):
    network = searchable(depthwise_network())
    network(IMAGES)  # ranges of inputs
    other = copied(network)
    assert other.widths() == network.widths()
    assert torch.equal(network.eval()(IMAGES), other.eval()(IMAGES))
    with torch.no_grad():
        other.network[0].choice.logits[:, 0] = 100.0
    assert other.network[2].follows is other.network[0].choice  # what was shared is
    assert other.widths() != network.widths()
    assert CostTerm(other, "mpic", "latency_cycles").chosen() < CostTerm(network, "mpic", "latency_cycles").chosen()


def test_copied_term_is_of_the_network_that_is_copied_with_it():
    network = searchable(small_network())
    term = CostTerm(network, "mpic", "latency_cycles")
    other, other_term = copy.deepcopy((network, term))
    assert float(other_term()) == float(term())
    other_term().backward()
    assert all(logits.grad is not None for logits in other.search_parameters())
    assert all(logits.grad is None for logits in network.search_parameters())
    with pytest.raises(TypeError, match="Machine cannot be pickled|ExpectedCost cannot be pickled"):
        pickle.dumps(term)
