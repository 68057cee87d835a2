"""How modules become networks: widths that they say, paddings by name, shapes of inputs, several threads."""

import io
import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch_networks import ActivationQuantizer, small_network

import hwcost
from hwcost.torch import estimate_cost, trace


def with_said(**widths):
    conv = nn.Conv2d(4, 4, 1, bias=False)
    for name, value in widths.items():
        setattr(conv, name, value)
    return nn.Sequential(conv)


@pytest.mark.parametrize("said", [4, 4.0, np.int64(4), np.float32(4.0), np.array(4), torch.tensor(4), [4], (np.uint8(4),)])
def test_width_of_any_type_of_number_is_taken(said):
    assert estimate_cost(with_said(w_bits=said, a_bits=8), (4, 2, 2), "macs*w_bits*a_bits").total == 64 * 4 * 8


@pytest.mark.parametrize("said", [[4, 4, 4, 2], np.array([4, 4, 4, 2]), torch.tensor([4.0, 4, 4, 2]).view(4, 1, 1, 1)])
def test_one_width_a_channel_may_be_any_array(said):
    assert trace(with_said(w_bits=said), torch.zeros(1, 4, 2, 2)).layers[0].w_bits == [4, 4, 4, 2]


@pytest.mark.parametrize("said", [4.5, float("nan"), float("inf"), 100, -1, "4", True, [], {8: 4}, torch.tensor(float("nan"))])
def test_width_that_is_none_is_told_with_its_module(said):
    model = with_said(w_bits=said)
    model.train()
    with pytest.raises(hwcost.InputError, match=r"w_bits of module '0' \(Conv2d\) is .*, wanted a whole number of bits"):
        trace(model, torch.zeros(1, 4, 2, 2))
    with pytest.raises(hwcost.InputError, match=r"a_bits of module '0'"):
        trace(with_said(a_bits=said), torch.zeros(1, 4, 2, 2))
    quantizer = nn.Sequential(ActivationQuantizer(4), ActivationQuantizer(said))
    with pytest.raises(hwcost.InputError, match=r"bits of module '1' \(ActivationQuantizer\)"):
        trace(quantizer, torch.zeros(1, 4))
    assert model.training and "forward" not in vars(quantizer[0])


def test_no_activation_has_0_bit():
    with pytest.raises(hwcost.InputError, match="a_bits of module '0' .* is 0, wanted a whole number of bits from 1 to 64"):
        trace(with_said(w_bits=0, a_bits=0), torch.zeros(1, 4, 2, 2))


def test_module_around_one_layer_says_its_width():
    wrapper, several = with_said(), nn.Sequential(with_said(), with_said(w_bits=2))
    wrapper.w_bits = several.w_bits = 4
    assert [layer.w_bits for layer in trace(nn.Sequential(wrapper), torch.zeros(1, 4, 2, 2)).layers] == [4]
    assert [layer.w_bits for layer in trace(several, torch.zeros(1, 4, 2, 2)).layers] == ["f32", 2]


def test_nothing_said_is_no_fault():
    assert trace(with_said(w_bits=None, weight_bits=3), torch.zeros(1, 4, 2, 2)).layers[0].w_bits == 3


class SameByFunction(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 3, 3, 3))

    def forward(self, image):
        return F.conv2d(image, self.weight, padding="same")


@pytest.mark.parametrize("model, side, kernel, stride", [
    (nn.Conv2d(3, 4, 3, padding="same"), 9, 3, 1),
    (nn.Conv2d(3, 4, 4, padding="same", dilation=3), 9, 4, 1),
    (nn.Conv2d(3, 4, 3, padding="valid", stride=2, bias=False), 4, 3, 2),
    (SameByFunction(), 9, 3, 1),
    (nn.Conv1d(3, 4, 4, padding="same"), 9, 4, 1),
])  # fmt: skip
def test_padding_by_name_is_that_of_torch(model, side, kernel, stride):
    image = torch.zeros(1, 3, *[9] * (1 if isinstance(model, nn.Conv1d) else 2))
    assert model(image).shape[-1] == side
    (layer,) = trace(model, image).layers
    extents = layer.extents
    assert (extents["out_width"], extents["kernel_width"], extents["stride_width"]) == (side, kernel, stride)
    spatial = side * kernel if isinstance(model, nn.Conv1d) else (side * kernel) ** 2
    assert layer.facts()["macs"] == 3 * 4 * spatial


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(8, 4), nn.Linear(5, 4)

    def forward(self, left, right):
        return self.left(left) + self.right(right)


def test_inputs_may_be_shapes_of_any_type_of_parameter():
    for model in (TwoInputs(), TwoInputs().double()):
        for shapes in (((8,), (5,)), [[8], [np.int64(5)]]):
            assert estimate_cost(model, shapes, "macs").total == 52
    for wrong in (8, "8", (8.5,), (-1,), np.array([8])):
        with pytest.raises(hwcost.InputError, match="input_shape is .*, wanted one such as"):
            estimate_cost(TwoInputs(), wrong, "macs")


def test_ratios_are_no_cost_of_a_tree():
    model = nn.Sequential(nn.Linear(8, 8))
    for metric in ("utilization", "bottleneck", "traffic_bytes"):
        with pytest.raises(hwcost.InputError, match=f"mpic has no '{metric}' that adds up .*latency_cycles"):
            estimate_cost(model, (8,), machine="mpic", metric=metric)


def test_several_threads_trace_at_once():
    expected = estimate_cost(small_network(), (1, 8, 8), "macs").total
    totals, model = [], small_network()
    work = [lambda: totals.append(estimate_cost(model, (1, 8, 8), "macs").total)] * 2
    work += [lambda: totals.append(estimate_cost(small_network(), (1, 8, 8), "macs").total)] * 2
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals == [expected] * 4


def test_traced_network_is_saved_with_a_module():
    file = io.BytesIO()
    graph = trace(small_network(), torch.zeros(1, 1, 8, 8))
    torch.save({"graph": graph}, file)
    file.seek(0)
    assert torch.load(file)["graph"] == graph
