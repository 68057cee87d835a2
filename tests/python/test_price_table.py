"""Price tables from Python: the prices of reports, sums in place, faults told."""

import numpy as np
import pytest

import hwcost

CHOICES = [(2, 8), (4, 8), (8, 8)]


@pytest.fixture
def graph(models):
    return hwcost.load_model(models / "resnet8_op13.onnx").with_bits(8, 8)


@pytest.fixture
def table(graph):
    return hwcost.PriceTable(graph, hwcost.load_machine("mpic"), CHOICES)


def test_sum_is_the_total_of_the_report(graph, table):
    report = hwcost.evaluate(graph, "mpic")
    widest = np.full((1, len(table.layers)), 2, dtype=np.uint8)
    assert table.sums("latency_cycles", widest)[0] == pytest.approx(report.totals["latency_cycles"], rel=1e-12)


def test_sums_add_up_prices_for_every_type_of_index(table):
    rng = np.random.default_rng(3)
    chosen = rng.integers(0, len(CHOICES), (100, len(table.layers)))
    prices, layers = table.prices("energy_joules"), np.arange(len(table.layers))
    expected = table.fixed("energy_joules") + prices[layers, chosen].sum(axis=1)
    for kind in (np.uint8, np.uint16, np.int32, np.int64):
        np.testing.assert_allclose(table.sums("energy_joules", chosen.astype(kind)), expected, rtol=1e-12)


def test_prices_are_a_read_only_view_that_outlives_its_table(graph):
    prices = hwcost.PriceTable(graph, hwcost.load_machine("mpic"), CHOICES).prices("latency_cycles")
    assert not prices.flags.writeable and not prices.flags.owndata
    assert np.isfinite(prices).all() and (prices > 0).all()


def test_path_objects_name_files(table, tmp_path):
    file = tmp_path / "table.json"
    table.save(file)
    np.testing.assert_array_equal(hwcost.load_price_table(file).prices("latency_cycles"), table.prices("latency_cycles"))


def test_wrong_assignments_are_refused(table):
    layers = len(table.layers)
    with pytest.raises(ValueError, match=rf"wanted \(candidates, {layers}\)"):
        table.sums("latency_cycles", np.zeros((4, layers + 1), np.uint8))
    with pytest.raises(TypeError, match="float64"):
        table.sums("latency_cycles", np.zeros((4, layers)))
    with pytest.raises(TypeError, match="a strided array of uint8, wanted a contiguous one"):
        table.sums("latency_cycles", np.zeros((4, layers), np.uint8, order="F"))
    with pytest.raises(hwcost.InputError):
        table.sums("latency_cycles", np.full((1, layers), 3, np.uint8))
    with pytest.raises(hwcost.InputError):
        table.sums("utilization", np.zeros((1, layers), np.uint8))
    with pytest.raises(IndexError, match="layer 99"):
        table.reason(99, 0)
