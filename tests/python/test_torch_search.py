"""Searches: the cost term's gradient is right, and what is found costs what the search says."""

import json
import os
import subprocess

import pytest
import torch
from torch import nn
from torch_networks import depthwise_network, small_network

import hwcost
from hwcost.torch import CostTerm, expected_cost
from hwcost.torch.search import SearchableNetwork, WidthChoice

IMAGES = torch.rand(12, 1, 8, 8, generator=torch.Generator().manual_seed(1))
TARGETS = [("counts", "weight_bits"), ("counts", "macs"), ("bit-ops", "bit_ops"), ("mpic", "latency_cycles"),
           ("mpic", "energy_joules"), ("ne16-plinio", "latency_cycles")]  # fmt: skip


def searchable(per_channel=True, model=None, seed=2, **options):
    widths = (0, 2, 4, 8) if per_channel else (2, 4, 8)
    torch.manual_seed(seed)
    network = SearchableNetwork(model or small_network(), IMAGES[:1], weight_bits=widths, per_channel=per_channel, **options)
    for logits in network.search_parameters():
        nn.init.normal_(logits)
    return network


def test_gradient_is_that_of_the_relaxed_value():
    network = searchable(activation_bits=(4, 8))
    for machine, metric in (("mpic", "latency_cycles"), ("ne16-plinio", "latency_cycles"), ("counts", "weight_bits")):
        if machine == "ne16-plinio":
            network = searchable()
        cost = CostTerm(network, machine, metric).expected
        variables = network.variables().detach().double().requires_grad_()
        assert torch.autograd.gradcheck(lambda v, c=cost: expected_cost(c, v) / 1e3, (variables,), eps=1e-7, rtol=1e-4)


def test_variables_are_each_choices_mean_probabilities():
    """However many widths the choices have, in whatever order."""
    first = [name for name, _ in small_network().named_modules() if name][0]
    network = searchable(activation_bits=(4, 8), kept=[first])
    choices = [choice for _, _, choice in network._searched()]
    counts = [len(choice.widths) for choice in choices]
    assert counts != sorted(counts) and counts != sorted(counts, reverse=True), counts
    for temperature in (1.0, 0.5):
        network.set_temperature(temperature)
        means = torch.cat([torch.softmax(c.logits.double() / temperature, 1).mean(0) for c in choices])
        assert torch.allclose(network.variables(), means, atol=1e-6)
    choices[0].temperature = 2.0
    assert not torch.allclose(network.variables(), means, atol=1e-6)
    network.freeze()
    assert torch.allclose(network.variables(), torch.cat([c.hard_probabilities().double().mean(0) for c in choices]))


class OnlyVariables:
    """A network as one that is not ours may be: all of a SoftNetwork, and no more."""

    def __init__(self, network):
        self.graph, self.variables, self.widths, self.widest = network.graph, network.variables, network.widths, network.widest
        self.logits = "a name of its own"
        self.weight_quantizers, self.activation_quantizers = network.weight_quantizers, network.activation_quantizers


@pytest.mark.parametrize("mode", ["relaxed", "straight_through"])
def test_one_operation_has_the_value_and_gradient_of_torchs_softmaxes(mode):
    first = [name for name, _ in small_network().named_modules() if name][0]
    for settings in ({"kept": [first]}, {"per_channel": False}):
        network = searchable(activation_bits=(4, 8), **settings).double()
        network.set_temperature(0.7)
        got = {}
        for name, soft in (("one operation", network), ("torch", OnlyVariables(network))):
            network.zero_grad()
            value = CostTerm(soft, "mpic", "latency_cycles", mode=mode)()
            (3.0 * value).backward()
            got[name] = [value.detach(), *(logits.grad.clone() for logits in network.search_parameters())]
        for ours, torchs in zip(got["one operation"], got["torch"]):
            assert torch.allclose(ours, torchs, rtol=1e-10, atol=1e-15)


def test_gradient_reaches_every_choice_and_no_weight():
    network = searchable(activation_bits=(4, 8))
    CostTerm(network, "bit-ops", "bit_ops")().backward()
    assert all(logits.grad is not None and logits.grad.abs().sum() > 0 for logits in network.search_parameters())
    assert all(parameter.grad is None for parameter in network.weight_parameters())


def test_pruning_a_layer_makes_the_next_one_cheaper():
    """So the pull towards 0 bit is stronger than the layer's own cost explains."""
    network = searchable()
    term = CostTerm(network, "counts", "macs", relative=False)
    values, gradients = term.expected.evaluate(network.variables().detach().double().numpy())
    own = sum(term.expected.layer_values(network.variables().detach().double().numpy())["macs"][:1])
    assert -gradients[0][0] > own > 0


def test_term_is_1_at_the_widest_widths():
    network = searchable(per_channel=False)
    term = CostTerm(network, "mpic", "latency_cycles")
    with torch.no_grad():
        for logits in network.search_parameters():
            logits.copy_(torch.tensor([0.0, 0.0, 100.0]))
    assert float(term()) == pytest.approx(1.0, rel=1e-12)
    report = hwcost.evaluate(network.graph, "mpic")
    assert term.reference == pytest.approx(report.totals["latency_cycles"], rel=1e-12)


def cost_of_assignment(network, machine, metric):
    return hwcost.evaluate(network.graph.assign(network.widths()), machine).totals[metric]


def cost_by_command(network, machine, metric, folder):
    """What `hwcost price --assign` says of the chosen widths; None where no command was built."""
    command = os.environ.get("HWCOST_COMMAND")
    if not command:
        return None
    model, table = folder / "network.json", folder / "widths.csv"
    model.write_text(network.graph.to_json())
    table.write_text(hwcost.assignment_table(network.widths()))
    done = subprocess.run([command, "price", model, "--assign", table, "--hw", machine, "--format", "json"],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode in (0, 3), done.stderr  # 3: a layer has no price
    return json.loads(done.stdout)["totals"]["metrics"][metric]


@pytest.mark.parametrize("machine, metric", TARGETS)
@pytest.mark.parametrize("per_channel", [False, True])
def test_what_was_found_costs_the_same_everywhere(machine, metric, per_channel, tmp_path):
    network = searchable(per_channel)
    term = CostTerm(network, machine, metric, mode="straight_through", relative=False)
    network.freeze()
    found = cost_of_assignment(network, machine, metric)
    assert [term.chosen(), float(term())] == pytest.approx([found, found], rel=1e-9)
    printed = cost_by_command(network, machine, metric, tmp_path)
    assert printed is None or printed == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("machine, metric", [*TARGETS, ("gap9-ne16", "latency_cycles"), ("gap9-ne16", "energy_joules")])
def test_depthwise_layer_of_several_widths_behind_pruned_channels_costs_what_the_command_says(machine, metric, tmp_path):
    """Which widths its surviving channels have, only the assignment knows: shares of the widths do not say it."""
    network = searchable(model=depthwise_network())
    term = CostTerm(network, machine, metric, leave_out_unpriced=True)
    stem, depthwise = (choices["w_bits"] for choices in list(network.widths().values())[:2])
    assert 0 in stem and len(set(depthwise)) > 1
    assert term.chosen() == pytest.approx(cost_of_assignment(network, machine, metric), rel=1e-12)
    printed = cost_by_command(network, machine, metric, tmp_path)
    assert printed is None or printed == pytest.approx(term.chosen(), rel=1e-9)


def test_found_widths_can_be_refined():
    network = searchable()
    refined = hwcost.refine(network.graph, network.widths(), hwcost.load_machine("ne16-plinio"))
    assert refined.after.totals["latency_cycles"] <= refined.before.totals["latency_cycles"]


def test_layers_whose_channels_meet_lose_the_same():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
            self.pool, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 2)

        def forward(self, image):
            image = torch.relu(self.first(image))
            return self.head(self.pool(image + self.second(image)).flatten(1))

    network = searchable(model=Residual())
    assert [quantizer.layers for quantizer in network.weight_quantizers] == [["first", "second"], ["head"]]
    term = CostTerm(network, "mpic", "latency_cycles")
    network.freeze()
    found = cost_of_assignment(network, "mpic", "latency_cycles")
    assert term.chosen() == pytest.approx(found, rel=1e-9)


def test_depthwise_layer_has_no_0_bit_of_its_own():
    network = searchable(model=depthwise_network())
    assert 0 in network.network[0].choice.widths and 0 not in network.network[2].choice.widths


def test_depthwise_channel_behind_a_pruned_one_gives_no_bias():
    """Else it would pass on what the network does not have once the channel is taken out."""
    network = searchable(model=depthwise_network())
    lost = [0] * 20 + [8] * 28
    network.adopt({"0": {"w_bits": lost}})
    network.eval()
    read = network.network[:3](IMAGES)
    assert torch.equal(read.abs().amax((0, 2, 3)) == 0, torch.tensor(lost) == 0)


GROUPED = {
    "groups": nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 12, 3, groups=4), nn.ReLU(), nn.Conv2d(12, 4, 4)),
    "groups of two numbers": nn.Sequential(nn.Conv2d(1, 12, 3), nn.Conv2d(12, 24, 3, groups=4), nn.ReLU(),
                                           nn.Conv2d(24, 24, 3, groups=6), nn.Conv2d(24, 4, 2)),
    "depthwise with multiplier": nn.Sequential(nn.Conv2d(1, 10, 3), nn.Conv2d(10, 20, 3, groups=10), nn.ReLU(),
                                               nn.Conv2d(20, 4, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPED)
def test_widths_found_in_layers_with_groups_have_a_price(name):
    """Channels that the groups must have alike share a choice."""
    for seed in range(5):
        network = searchable(model=GROUPED[name], seed=seed)
        network.freeze()
        assert any(isinstance(widths["w_bits"], list) for widths in network.widths().values())
        for _, _, choice in network._searched():  # so that the term's shares are those of the channels
            torch.testing.assert_close(choice.probabilities().mean(0), choice.channel_probabilities().mean(0))
        found = cost_of_assignment(network, "counts", "weight_bits")
        assert CostTerm(network, "counts", "weight_bits").chosen() == pytest.approx(found, rel=1e-12)
        chosen = network.widths()
        network.adopt(chosen)
        assert network.widths() == chosen


def test_transformer_computes_the_same_with_gradients_and_without():
    """torch's fused layers read weights past the soft layers."""
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), 2)
    network = SearchableNetwork(model, torch.rand(1, 5, 8), weight_bits=(2, 8))
    network.adopt({layer: {"w_bits": 2} for layer in network.widths()})
    network.eval(), model.eval()
    tokens = torch.rand(3, 5, 8)
    mask = torch.tensor([[False] * 5, [False] * 5, [False] * 4 + [True]])
    with torch.no_grad():
        inferred = network(tokens, None, mask)
    torch.testing.assert_close(network(tokens, None, mask), inferred)
    assert (inferred - model(tokens, None, mask)).abs().max() > 0.01


def test_network_that_never_trained_quantises_by_the_range_of_its_inputs():
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4)).eval()
    for values in (torch.rand(64, 8), torch.randn(64, 8), -torch.rand(64, 8)):
        network = SearchableNetwork(model, values[:1], weight_bits=(8,)).eval()
        with torch.no_grad():
            before = network(values)
            torch.testing.assert_close(before, model(values), rtol=0.05, atol=0.02)
            assert network.train()(values).equal(before)  # the first batch seen in training has the same range


def test_full_width_network_computes_almost_the_same():
    model = small_network().eval()
    network = SearchableNetwork(model, IMAGES[:1], weight_bits=(16,), activation_bits=(16,))
    network(IMAGES)
    network.eval()
    with torch.no_grad():
        torch.testing.assert_close(network(IMAGES), model(IMAGES), rtol=1e-2, atol=1e-3)


def test_pruned_channels_give_zeros_and_one_always_stays():
    network = searchable()
    choice = network.network[0].choice
    with torch.no_grad():
        choice.logits[:, 0] = 100.0
    network.eval()
    weight, bias = network.network[0].soft_parameters()
    alive = weight.flatten(1).abs().sum(1) > 0
    assert int(alive.sum()) == 1
    assert torch.equal(bias != 0, alive)
    assert sum(bits > 0 for bits in network.widths()["0"]["w_bits"]) == 1


def test_last_layer_keeps_its_channels():
    assert 0 not in searchable().network[5].choice.widths
    network = searchable(kept=["2"])
    assert 0 not in network.network[2].choice.widths and 0 in network.network[0].choice.widths


def test_original_module_is_left_alone():
    model = small_network()
    SearchableNetwork(model, IMAGES[:1])
    assert type(model[0]) is nn.Conv2d


def test_lower_temperature_is_harder():
    choice = WidthChoice([2, 4, 8])
    soft = choice.probabilities().max()
    choice.temperature = 0.01
    assert choice.probabilities().max() > soft
