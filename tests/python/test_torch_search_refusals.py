"""Searches that cannot be right are refused, with the layer and the reason; nothing that was asked for is ignored."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch_networks import small_network

import hwcost
from hwcost.torch import CostTerm, expected_cost
from hwcost.torch.search import SearchableNetwork

IMAGE = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def searchable(model=None, **options):
    return SearchableNetwork(model or small_network(), IMAGE, **{"weight_bits": (2, 4, 8), **options})


def pruning(model, **options):
    return searchable(model, weight_bits=(0, 8), per_channel=True, **options)


class Between(nn.Module):
    """A function between two convolutions."""

    def __init__(self, function, read=8):
        super().__init__()
        self.function, self.first, self.second = function, nn.Conv2d(1, 8, 3), nn.Conv2d(read, 4, 1)

    def forward(self, image):
        return self.second(self.function(self.first(image)))


class Shift(nn.Module):
    """A learned vector, which is 0 before the first training step."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(8, 1, 1))

    def forward(self, value):
        return value + self.shift


NOT_ZERO = {
    "sigmoid": torch.sigmoid, "hardsigmoid": F.hardsigmoid, "softplus": F.softplus, "exp": torch.exp, "cos": torch.cos,
    "plus 1": lambda x: x + 1, "pad": lambda x: F.pad(x, (1, 1, 1, 1), value=3.0), "power": lambda x: x**0,
    "clamp": lambda x: x.clamp(min=1.0), "where": lambda x: torch.where(x > 0, x, torch.ones_like(x)),
    "batch norm": nn.BatchNorm2d(8), "instance norm": nn.InstanceNorm2d(8, affine=True), "shift": Shift(),
    "depthwise on a shift": nn.Sequential(Shift(), nn.Conv2d(8, 8, 3, groups=8)),
}  # fmt: skip
ZERO = {
    "relu": F.relu, "scale": lambda x: x * 2, "leaky": F.leaky_relu, "elu": F.elu, "gelu": F.gelu, "tanh": torch.tanh,
    "clamp": lambda x: x.clamp(-1.0, 1.0), "pool": lambda x: F.max_pool2d(x, 2), "pad": lambda x: F.pad(x, (1, 1, 1, 1)),
    "gate": lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True)), "depthwise": nn.Conv2d(8, 8, 3, groups=8),
    "two depthwise": nn.Sequential(nn.Conv2d(8, 8, 3, groups=8), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=8)),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ZERO)
def test_function_that_makes_something_of_pruned_channels_is_refused(name):
    with pytest.raises(hwcost.InputError, match="'first' that 0 bit prunes are not 0 where .* reads them: .*name 'first' in `kept`"):
        pruning(Between(NOT_ZERO[name]))
    network = pruning(Between(NOT_ZERO[name]), kept=["first"])
    assert 0 not in network.network.first.choice.widths


@pytest.mark.parametrize("name", ZERO)
def test_function_that_leaves_pruned_channels_at_0_is_searched(name):
    network = pruning(Between(ZERO[name])).eval()
    lost = torch.tensor([8, 8, 0, 8, 0, 0, 8, 8])
    network.adopt({"first": {"w_bits": lost.tolist()}})
    with torch.no_grad():
        read = network.network.function(network.network.first(torch.rand(5, 1, 8, 8)))
    assert read[:, lost == 0].abs().max() == 0 and read[:, lost > 0].abs().max() > 0


def test_one_of_two_ways_to_a_reader_is_enough_to_be_refused():
    with pytest.raises(hwcost.InputError, match="where 'second' reads them"):
        pruning(Between(lambda x: torch.cat([F.relu(x), torch.sigmoid(x)], 1), read=16))


def test_channels_that_lie_across_groups_of_their_reader_are_refused():
    across = nn.Sequential(nn.Conv2d(1, 10, 3), nn.Conv2d(10, 20, 3, groups=10), nn.Conv2d(20, 8, 1, groups=4), nn.Conv2d(8, 2, 1))
    with pytest.raises(hwcost.InputError, match="conv2d '2': its groups do not end between channels: name '0' in `kept`"):
        pruning(across)
    network = pruning(across, kept=["0"])
    assert 0 not in network.network[0].choice.widths and 0 in network.network[2].choice.widths


def test_pruned_channels_are_read_by_modules_alone():
    class Functional(Between):
        def forward(self, image):
            return F.conv2d(F.relu(self.first(image)), self.second.weight * 2.0)

    class Called(Functional):
        def forward(self, image):
            return self.second(F.relu(self.first(image))) + super().forward(image)

    with pytest.raises(hwcost.InputError, match="'first' are read by 'Conv', which is no module"):
        pruning(Called(None))


def test_module_that_is_called_twice_is_looked_at_twice():
    class Twice(Between):
        def forward(self, image):
            read = F.relu(self.first(image))
            return self.second(read) + self.second(self.function(read))

    assert 0 in pruning(Twice(F.relu)).network.first.choice.widths
    with pytest.raises(hwcost.InputError, match="where 'second_1' reads them|where 'second' reads them"):
        pruning(Twice(torch.sigmoid))


def test_widths_that_are_none_are_refused():
    for wrong in ((-2, 8), (1, 8), (2.5, 8), (float("nan"), 8), (33,), (0,), ()):
        with pytest.raises(hwcost.InputError, match="weight_bits are whole numbers from 2 to 32, and 0 that prunes, not"):
            searchable(weight_bits=wrong, per_channel=True)
    for wrong in ((0, 8), (1,), ()):
        with pytest.raises(hwcost.InputError, match="activation_bits are whole numbers from 2 to 32, not"):
            searchable(activation_bits=wrong)
    with pytest.raises(hwcost.InputError, match="per_channel=True"):
        searchable(weight_bits=(0, 8))
    with pytest.raises(hwcost.InputError):
        CostTerm(searchable(weight_bits=(3, 8)), "mpic", "latency_cycles")


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_temperatures_that_are_none_are_refused(temperature):
    with pytest.raises(hwcost.InputError, match="a number above 0"):
        searchable(temperature=temperature)
    with pytest.raises(hwcost.InputError, match="a number above 0"):
        searchable().set_temperature(temperature)


def test_unknown_names_are_refused():
    for options in ({"kept": ["stem"]}, {"weight_ties": [["stem", "0"]]}, {"input_ties": [["0", "stem"]]}):
        with pytest.raises(hwcost.InputError, match="'stem' is no convolution or linear layer of the network, which has 0, 2"):
            searchable(**options)
    for options in ({"kept": "stem"}, {"weight_ties": ["stem"]}):
        with pytest.raises(hwcost.InputError, match="'stem' stands where a list of layers is wanted"):
            searchable(**options)


class Derived(nn.Conv2d):
    """Whatever it does with its weights."""


class Uncalled(Between):
    def forward(self, image):
        return F.conv2d(self.first(image), self.second.weight)


def test_modules_that_cannot_be_searched_are_refused():
    with pytest.raises(hwcost.InputError, match="no Conv2d and no Linear"):
        searchable(nn.ReLU())
    with pytest.raises(hwcost.InputError, match="'1' is a Derived, of whose weights the search knows nothing"):
        searchable(nn.Sequential(nn.Conv2d(1, 4, 3), Derived(4, 4, 3)))
    with pytest.raises(hwcost.InputError, match="no layer of the network's run is that of 'second': it is not called"):
        searchable(Uncalled(None))
    attention = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    network = SearchableNetwork(attention, torch.rand(1, 5, 8))
    assert list(network.widths()) == ["linear1", "linear2"]  # not the projection within attention


ADOPTED = [
    ({"stem": {"w_bits": 4}}, "'stem' is no layer that is searched: those are 0, 2, 5"),
    ({"0": {"bits": 4}}, "layer '0' takes w_bits and in_bits, not {'bits': 4}"),
    ({"0": 4}, "layer '0' takes w_bits and in_bits, not 4"),
    ({"0": {"w_bits": 3}}, "layer '0' is searched among 2, 4, 8 bits, not 3"),
    ({"0": {"w_bits": {4: 8}}}, "layer '0' is searched among 2, 4, 8 bits, not {4: 8}"),
    ({"0": {"w_bits": 4, "in_bits": 2}}, "layer '0' is searched among 4, 8 bits, not 2"),
    ({"0": {"w_bits": 4}, "2": {"w_bits": 2}}, "layers '0' and '2' share their widths and are given two"),
]


@pytest.mark.parametrize("widths, fault", ADOPTED)
def test_widths_that_the_search_does_not_have_are_not_adopted(widths, fault):
    network = searchable(activation_bits=(4, 8), weight_ties=[["0", "2"]])
    before = network.widths()
    with pytest.raises(hwcost.InputError) as caught:
        network.adopt({"5": {"w_bits": 2}, **widths})
    assert caught.value.message == fault
    assert network.widths() == before


def test_numbers_of_channels_that_a_layer_does_not_have_are_not_adopted():
    for widths, options, fault in (
        ([2, 4], {}, "layer '0' takes one width, not 2 of them"),
        ([2, 4], {"per_channel": True}, "layer '0' takes a width for each of its 8 channels, not 2 of them"),
        (0, {"per_channel": True, "weight_bits": (0, 8)}, "layer '0' would lose all of its channels"),
    ):
        with pytest.raises(hwcost.InputError, match=fault):
            searchable(**options).adopt({"0": {"w_bits": widths}})
    grouped = searchable(nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3, groups=2)), per_channel=True)
    with pytest.raises(hwcost.InputError, match="layer '1' has several widths among channels that share one"):
        grouped.adopt({"1": {"w_bits": [2] * 4 + [8] * 4}})


def test_widths_of_inputs_are_adopted():
    network = searchable(activation_bits=(4, 8))
    network.adopt({"0": {"w_bits": 2, "in_bits": 4}})
    assert network.widths()["0"] == {"w_bits": 2, "in_bits": 4}
    assert network.widths()["2"] == {"w_bits": 8, "in_bits": 8}


def test_nothing_is_relative_to_a_cost_of_0():
    with pytest.raises(hwcost.InputError, match="network's transcendentals on counts at the widest widths, which is 0"):
        CostTerm(searchable(), "counts", "transcendentals")
    assert float(CostTerm(searchable(), "counts", "transcendentals", relative=False)()) == 0.0


def test_probabilities_are_no_whole_numbers():
    network = searchable()
    cost = CostTerm(network, "counts", "weight_bits").expected
    assert expected_cost(cost, network.widest().float()).dtype == torch.float
    with pytest.raises(hwcost.InputError, match="probabilities in floating point, not torch.int64"):
        expected_cost(cost, network.widest().long())
