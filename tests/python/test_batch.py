"""Batches over numpy columns: the scalar prices, nothing copied, faults told with the column."""

import threading
from types import MappingProxyType

import numpy as np
import pytest

import hwcost

COLUMNS = {"in_channels": 16.0, "kernel_height": 3.0, "kernel_width": 3.0, "in_height": 10.0, "in_width": 10.0,
           "out_height": 8.0, "out_width": 8.0}  # fmt: skip


@pytest.fixture(scope="module")
def ne16():
    return hwcost.load_machine("ne16-plinio")


def test_batch_is_the_scalar_estimate_bit_for_bit(ne16):
    channels = np.arange(1.0, 200.0)
    batch = ne16.estimate_batch("conv2d", {**COLUMNS, "out_channels": channels, "w_bits": 4.0})
    for row, count in enumerate(channels):
        alone = ne16.estimate(hwcost.Layer("conv2d", **COLUMNS, out_channels=count, w_bits=4))
        assert batch["status"][row] == 0
        assert alone["latency_cycles"] == batch["latency_cycles"][row]


@pytest.mark.parametrize("name", hwcost.machine_names())
def test_widths_that_are_not_said_are_those_of_a_layer(name):
    """The requantisation above all: the machine's own, no raw accumulators."""
    columns = {**COLUMNS, "in_channels": 32.0, "out_channels": 64.0}
    layer = hwcost.Layer("conv2d", **columns)
    machine = hwcost.load_machine(name)
    batch = machine.estimate_batch("conv2d", columns)
    try:
        alone = machine.estimate(layer)
    except hwcost.Unsupported:
        assert list(batch["status"]) == [2]
        return
    assert {metric: column[0] for metric, column in batch.items() if metric != "status"} == {
        metric: alone[metric] for metric in batch if metric != "status"
    }


def test_raw_accumulators_are_said(ne16):
    job = hwcost.load_machine("ne16-job")
    raw = job.estimate_batch("conv2d", {**COLUMNS, "scale_bits": np.array([np.nan, 0.0, 8.0])})["latency_cycles"]
    assert raw[0] == job.estimate_batch("conv2d", COLUMNS)["latency_cycles"][0] and raw[1] != raw[2]
    with pytest.raises(hwcost.InputError, match="'shift' without 'scale_bits'"):
        ne16.estimate_batch("conv2d", {**COLUMNS, "shift": 1.0})


def test_number_of_threads_changes_no_bit(ne16):
    rng = np.random.default_rng(1)
    columns = {**COLUMNS, "out_channels": np.floor(rng.uniform(1, 300, 50_000)),
               "weight_bits": np.floor(rng.uniform(0, 9, 50_000))}  # fmt: skip
    one = ne16.estimate_batch("conv2d", columns, threads=1)
    for threads in (2, 5, 0):
        several = ne16.estimate_batch("conv2d", columns, threads=threads)
        for name, column in one.items():
            np.testing.assert_array_equal(column, several[name])


def test_unsupported_rows_have_a_status_and_no_price(ne16):
    batch = ne16.estimate_batch("conv2d", {**COLUMNS, "out_channels": np.array([8.0, -1.0])})
    assert list(batch["status"]) == [0, 2]
    assert np.isnan(batch["latency_cycles"][1]) and not np.isnan(batch["latency_cycles"][0])


@pytest.mark.parametrize("column, error, words", [
    (np.arange(4), TypeError, "out_channels.*int64.*wanted a contiguous one of float64"),
    (np.ones(8, np.float32), TypeError, "out_channels.*float32"),
    (np.ones(8)[::2], TypeError, "out_channels.*strided"),
    (np.ones((2, 2)), ValueError, "out_channels.*2 axes, wanted 1"),
    (np.ones(3), ValueError, "3 rows.*2|2.*3 rows"),
    ("many", TypeError, "out_channels"),
    ("10", TypeError, "out_channels' is <class 'str'>, wanted a number"),
])  # fmt: skip
def test_wrong_column_is_named(ne16, column, error, words):
    with pytest.raises(error, match=words):
        ne16.estimate_batch("conv2d", {**COLUMNS, "in_bits": np.full(2, 8.0), "out_channels": column})


def test_unknown_column_or_metric_is_named(ne16):
    with pytest.raises(ValueError, match="'kernel' is no column of conv2d, which has batch"):
        ne16.estimate_batch("conv2d", {"kernel": 3.0})
    with pytest.raises(hwcost.InputError, match="a column is 3, wanted its name"):
        ne16.estimate_batch("conv2d", {3: 3.0})
    with pytest.raises(hwcost.InputError, match="'weight_bits' is given twice"):
        ne16.estimate_batch("conv2d", {"w_bits": 8.0, "weight_bits": 4.0})
    with pytest.raises(ValueError, match="no metric 'joy'"):
        ne16.estimate_batch("conv2d", COLUMNS, metrics=["joy"])


def test_any_mapping_holds_columns(ne16):
    proxy = MappingProxyType(COLUMNS)
    assert ne16.estimate_batch("conv2d", proxy) == ne16.estimate_batch("conv2d", COLUMNS)
    with pytest.raises(TypeError, match="columns is <class 'list'>, wanted a mapping"):
        ne16.estimate_batch("conv2d", ["out_channels"])


def test_columns_of_nothing_and_of_one_row(ne16):
    assert ne16.estimate_batch("conv2d", {**COLUMNS, "out_channels": np.empty(0)})["latency_cycles"].shape == (0,)
    assert ne16.estimate_batch("conv2d", COLUMNS)["latency_cycles"].shape == (1,)


def test_other_threads_run_meanwhile(ne16):
    """With the lock held, the counting thread could not move while a batch runs."""
    columns = {**COLUMNS, "out_channels": np.full(2_000_000, 100.0)}
    counted = [0]
    running = threading.Event()
    done = threading.Event()

    def price():
        running.set()
        ne16.estimate_batch("conv2d", columns)
        done.set()

    thread = threading.Thread(target=price)
    thread.start()
    running.wait()
    while not done.is_set():
        counted[0] += 1
    thread.join()
    assert counted[0] > 100
