"""Copies and pickles: what can be read back is, the rest says what to keep instead."""

import copy
import pickle

import numpy as np
import pytest

import hwcost

MODELS = ["resnet8_op13.onnx", "dscnn_op13.onnx"]


@pytest.fixture
def mpic():
    return hwcost.load_machine("mpic")


@pytest.mark.parametrize("name", MODELS)
def test_networks_and_layers_come_back_as_they_were(models, name):
    graph = hwcost.load_model(models / name)
    first = next(layer.name for layer in graph.layers if layer.facts()["weight_bits"])
    for network in (graph, graph.with_bits(4, 8), graph.assign({first: {"in_bits": 5}})):
        assert pickle.loads(pickle.dumps(network)) == network
        for layer in network.layers:
            assert pickle.loads(pickle.dumps(layer)) == layer


def test_layers_made_by_hand_come_back():
    for options in (dict(w_bits={0: 2, 8: 8}), dict(w_bits=[8, 0] * 5), dict(w_bits="f32", in_bits="bf16", repeat=3)):
        layer = hwcost.Layer("linear", name="a.b", in_channels=64, out_channels=10, **options)
        assert pickle.loads(pickle.dumps(layer)) == layer


def test_price_tables_come_back_as_they_were(models, mpic):
    graph = hwcost.load_model(models / MODELS[0]).with_bits(8, 8)
    table = hwcost.PriceTable(graph, mpic, [(3, 8), (8, 8)])
    again = pickle.loads(pickle.dumps(table))
    again.check_is_of(graph, mpic)
    for metric in table.metrics:
        np.testing.assert_array_equal(again.prices(metric), table.prices(metric))
    assert (again.choices, again.reason(0, 0)) == (table.choices, table.reason(0, 0))


def test_copies_are_the_object_itself_and_machines_are_loaded_not_pickled(models, mpic):
    graph = hwcost.load_model(models / MODELS[0]).with_bits(8, 8)
    report = hwcost.evaluate(graph, mpic)
    refined = hwcost.refine(graph, {"s1.conv1": 4}, mpic)
    for thing in (mpic, report, report.layers[0], report.modules()[0], refined, hwcost.ExpectedCost(graph, mpic, ["macs"])):
        assert copy.copy(thing) is thing and copy.deepcopy([thing])[0] is thing
        with pytest.raises(TypeError, match=f"^{type(thing).__name__} cannot be pickled: "):
            pickle.dumps(thing)
    assert copy.deepcopy(graph) is graph and copy.copy(graph.layers[0]) == graph.layers[0]
