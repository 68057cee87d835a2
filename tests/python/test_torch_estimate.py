"""Costs of torch modules: every product that torch computes is counted, widths are those that quantisers say."""

import copy
import json
import sys
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn
from torch.ao import quantization
from torch_networks import ActivationQuantizer, BitWidthMethods, Functional, WithWidths, small_network

import hwcost
from hwcost.torch import estimate_cost, trace

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "real_models"))
from mac_counter import MacCounter  # noqa: E402

FAMILIES = {"vgg11_bn": 224, "resnet18": 64, "mobilenet_v3_small": 64, "shufflenet_v2_x0_5": 64, "squeezenet1_1": 64,
            "densenet121": 64, "efficientnet_b0": 64}  # fmt: skip


def family(name):
    if name == "vit_b_16":
        return torchvision.models.vit_b_16(weights=None, image_size=64), 64
    return torchvision.models.get_model(name, weights=None), FAMILIES[name]


@pytest.mark.parametrize("name", [*FAMILIES, "vit_b_16"])
def test_macs_and_parameters_are_those_that_torch_computes(name):
    model, side = family(name)
    model.eval()
    with torch.enable_grad(), MacCounter() as counter:
        model(torch.zeros(1, 3, side, side))
    total, tree = estimate_cost(model, (3, side, side), "macs")
    assert (total, tree.macs) == (counter.macs, counter.macs)
    assert tree.params == sum(parameter.numel() for parameter in model.parameters())
    assert not tree.unsupported


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "mobilenet_v3_small", "resnet50", "vgg16", "vit_b_16"])
def test_whole_networks_count_as_ptflops_and_hooks_do(name, golden):
    """ptflops' aten backend and forward hooks, recorded with torch 1.13 in networks.json."""
    reference = json.loads((golden / "networks.json").read_text())[name]
    model = torchvision.models.get_model(name, weights=None)
    total, tree = estimate_cost(model, reference["input_shape"], machine="counts-ptflops", metric="convention_ops")
    assert total == reference["ptflops"]["aten"]["macs"]
    hooks = reference["own_hooks"]
    assert (tree.macs, tree.params) == (hooks["macs"], hooks["params"])
    modules = dict(tree.walk())
    expected = {}
    for layer in hooks["per_layer"]:
        expected[layer["name"]] = expected.get(layer["name"], 0) + layer["macs"]
    assert {path: modules[path].macs for path in expected} == expected


def test_functional_calls_are_layers_of_the_module_that_calls():
    model = Functional()
    image = torch.zeros(2, 4, 6, 6)
    with torch.enable_grad(), MacCounter() as counter:
        model(image)
    graph = trace(model, image)
    ops = [layer.op for layer in graph.layers]
    for op in ("conv2d", "add", "relu", "concat", "mul", "matmul", "linear"):
        assert op in ops
    report = hwcost.evaluate(graph, "counts")
    assert report.totals["macs"] == counter.macs
    assert report.totals["params"] == sum(parameter.numel() for parameter in model.parameters())


class Unrolled(nn.Module):
    """A cell over three steps, from the state of zeros that it starts with by itself."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def forward(self, x):
        state = None
        for step in range(3):
            state = self.cell(x[:, step], state)
        return state


@pytest.mark.parametrize("cell", [nn.LSTMCell, nn.GRUCell, nn.RNNCell])
@pytest.mark.parametrize("bias", [True, False])
def test_a_cell_that_starts_from_zeros_counts_its_weights_once(cell, bias):
    model = Unrolled(cell(4, 6, bias))
    total, tree = estimate_cost(model, (3, 4), "macs")
    first, second = (weight.numel() for weight in (model.cell.weight_ih, model.cell.weight_hh))
    assert total == 3 * first + 2 * second  # the first product with the state is of constants
    assert tree.params == sum(parameter.numel() for parameter in model.parameters())
    assert not any("parameters" in assumption for assumption in tree.assumptions)


@pytest.mark.parametrize(
    "module", [nn.GroupNorm(2, 4), nn.GroupNorm(2, 4, affine=False), nn.InstanceNorm2d(4), nn.PReLU(), nn.PReLU(4),
               nn.InstanceNorm2d(4, affine=True), nn.BatchNorm2d(4, affine=False), nn.BatchNorm2d(4)])  # fmt: skip
def test_norms_and_slopes_have_the_parameters_that_torch_has(module):
    _, tree = estimate_cost(module.eval(), (4, 6, 6), "macs")
    assert tree.params == sum(parameter.numel() for parameter in module.parameters())


def test_tracing_leaves_the_module_as_it_was():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), ActivationQuantizer(4), nn.Dropout())
    model[1].eval()
    before = copy.deepcopy(model.state_dict())
    trace(model, torch.rand(3, 1, 8, 8))
    assert [module.training for module in model] == [True, False, True, True]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert "forward" not in vars(model[2]) and not model[0]._forward_hooks and not model[0]._forward_pre_hooks


def test_batch_size_is_counted():
    one, two = (hwcost.evaluate(trace(small_network(), torch.zeros(n, 1, 8, 8)), "counts") for n in (1, 2))
    assert two.totals["macs"] == 2 * one.totals["macs"]


def widths(model, *shape):
    graph = trace(model, torch.rand(1, *shape))
    return [(layer.w_bits, layer.in_bits) for layer in graph.layers if layer.op in ("conv2d", "linear")], graph


def test_attributes_of_layers_say_widths():
    found, graph = widths(nn.Sequential(WithWidths(3, 8, 3, weight_bits=4, act_bits=6), nn.Conv2d(8, 2, 1)), 3, 8, 8)
    assert found == [(4, 6), ("f32", "f32")]
    assert [layer.op for layer in graph.layers if layer.facts()["macs"]] == ["conv2d", "conv2d"]


def test_methods_of_layers_say_widths():
    assert widths(BitWidthMethods(4, 2), 4)[0] == [(3, 5)]
    model = nn.Conv2d(3, 8, 3)
    model.input_bits = lambda: "those of the layer before"  # of another meaning
    assert widths(model, 3, 8, 8)[0] == [("f32", "f32")]


def test_quantiser_modules_stand_for_their_width():
    model = nn.Sequential(ActivationQuantizer(4), nn.Conv2d(3, 8, 3), nn.ReLU(), ActivationQuantizer(2), nn.Conv2d(8, 2, 1))
    found, graph = widths(model, 3, 8, 8)
    assert [width for _, width in found] == [4, 2]
    assert not {"round", "mul", "div"} & {layer.op for layer in graph.layers}


def test_fake_quantisers_of_torch_say_widths():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3))
    four_bits = quantization.FakeQuantize.with_args(observer=quantization.MovingAverageMinMaxObserver, quant_min=-8,
                                                    quant_max=7, dtype=torch.qint8)  # fmt: skip
    model.train().qconfig = quantization.QConfig(activation=quantization.default_fake_quant, weight=four_bits)
    prepared = quantization.prepare_qat(model)
    prepared(torch.rand(2, 3, 8, 8))
    found, _ = widths(prepared, 3, 8, 8)
    assert [weight for weight, _ in found] == [4, 4]
    assert found[1][1] == 8
    prepared.apply(quantization.disable_fake_quant)
    assert widths(prepared, 3, 8, 8)[0][1] == ("f32", "f32")


def test_formula_of_mixed_precision_uses_the_widths_found():
    model = nn.Sequential(WithWidths(1, 2, 1, weight_bits=4, act_bits=8, bias=False), nn.Conv2d(2, 1, 1, bias=False))
    total, tree = estimate_cost(model, (1, 3, 3), "macs*w_bits^2*a_bits")
    assert total == 18 * 16 * 8 + 18 * 32**2 * 32
    assert estimate_cost(model, (1, 3, 3)).total == total
    assert (tree.children[0].w_bits, tree.children[0].a_bits, tree.children[1].w_bits) == (4, 8, 32)


def test_unread_parameters_are_told():
    model = small_network()
    model.register_parameter("forgotten", nn.Parameter(torch.zeros(7)))
    assert any("7 parameters" in sentence for sentence in estimate_cost(model, (1, 8, 8), "macs").tree.assumptions)


def test_what_torch_cannot_export_is_an_input_error():
    class Unexportable(nn.Module):
        def forward(self, value):
            return torch.linalg.svdvals(value)

    with pytest.raises(hwcost.InputError, match="torch cannot export it"):
        trace(Unexportable(), torch.rand(3, 3))


def test_tree_prints_a_line_a_module():
    text = str(estimate_cost(small_network(), (1, 8, 8), "macs").tree)
    assert len(text.splitlines()) == 8
    assert "Conv2d" in text and "(model)" in text
