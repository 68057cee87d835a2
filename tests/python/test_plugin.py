"""Backends from plugins, as Python loads them."""

import os
from pathlib import Path

import pytest

import hwcost

FOLDER = os.environ.get("HWCOST_PLUGIN_FOLDER")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="this build has no plugins")


def test_machine_of_a_plugin_prices():
    description = Path(__file__).resolve().parents[1] / "plugin" / "systolic.info"
    machine = hwcost.load_machine(description, plugins=[Path(FOLDER, "systolic.so")])
    layer = hwcost.Layer("linear", in_channels=256, out_channels=256)
    cycles = machine.estimate(layer)["latency_cycles"]
    assert cycles > 0
    batch = machine.estimate_batch("linear", {"in_channels": 256, "out_channels": 256})
    assert batch["latency_cycles"][0] == cycles


def test_file_that_is_no_plugin_is_an_input_error(tmp_path):
    file = tmp_path / "text.so"
    file.write_text("no code")
    with pytest.raises(hwcost.InputError, match="text.so"):
        hwcost.load_machine("mpic", plugins=[file])
