#!/usr/bin/env python3
"""hwcost measure and price with a store, as a user meets them: measured once, found again, refused in words.

Usage: measure_command_test.py REPOSITORY HWCOST
"""

import copy
import csv
import io
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

REPOSITORY, HWCOST = Path(sys.argv[1]), sys.argv[2]
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((REPOSITORY / "schemas/hwcost-measured-1.schema.json").read_text(encoding="utf-8"))
)
LAYERS = """name,op,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w,pad_h,pad_w,groups,bias,w_bits
conv,conv2d,8,16,6,6,3,3,1,1,1,1,8
dw,conv2d,16,16,6,6,3,3,1,1,16,1,8
fc,linear,64,10,1,1,1,1,0,0,1,1,8
again,linear,64,10,1,1,1,1,0,0,1,1,8
narrow,linear,64,10,1,1,1,1,0,0,1,1,4
"""


def hwcost(folder, *arguments, status=0):
    command = [HWCOST, *map(str, arguments), "--hw-path", str(REPOSITORY / "hw_descriptions")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert run.returncode == status, (arguments, run.returncode, run.stdout, run.stderr)
    return run.stdout if status in (0, 3) else run.stderr


def measure(folder, model, *options, status=0):
    # Ungated: a test must pass on a machine that is busy.
    return hwcost(folder, "measure", model, "--hw", "host-onednn", "--ungated", *options, status=status)


def prices(folder, model, *options, status=0):
    out = hwcost(folder, "price", model, "--format", "csv", *options, status=status)
    return {row["layer"]: row for row in csv.DictReader(io.StringIO(out))}


def what_is_measured_is_found_again(folder):
    text = measure(folder, "layers.csv", "--store", "a.db", status=3)
    assert "4 of 5 layers measured" in text and "weights of 4 bit" in text, text
    exported = hwcost(folder, "store", "export", "a.db")
    assert exported.count("\n") == 4, exported  # equal layers once
    rows = prices(folder, "layers.csv", "--hw", "host-onednn", "--store", "a.db", "--allow-unpriced")
    assert float(rows["fc"]["latency_seconds"]) > 0 and rows["fc"]["latency_seconds"] == rows["again"]["latency_seconds"]
    assert rows["fc"]["status"] == "approximated" and "without a gate" in rows["fc"]["reason"]
    assert rows["narrow"]["status"] == "unsupported", rows["narrow"]
    measure(folder, "layers.csv", "--store", "a.db", status=3)
    assert hwcost(folder, "store", "export", "a.db") == exported, "what the store has was measured again"


def what_was_not_measured_is_refused(folder):
    rows = prices(folder, "layers.csv", "--hw", "host-onednn", status=3)
    assert "no store of measurements was named" in rows["conv"]["reason"], rows["conv"]
    rows = prices(folder, "layers.csv", "--hw", "host-onednn", "--store", "a.db", "--buffers", "cold", status=3)
    assert "was not measured on this machine" in rows["conv"]["reason"], rows["conv"]
    assert "cannot be read" in hwcost(folder, "price", "layers.csv", "--hw", "host-onednn", "--store", "no.db", status=1)
    told = hwcost(folder, "price", "layers.csv", "--hw", "host-onednn", "--store", "a.db", "--output", "a.db", status=2)
    assert "a.db is read here, and would be overwritten" in told, told
    hwcost(folder, "store", "export", "a.db")  # it is still there
    hwcost(folder, "price", "layers.csv", "--hw", "host-onednn", "--measure", "missing", status=2)


def an_instruction_set_is_another_machine(folder):
    """Whatever the host has: it prices, or says why it does not; it never prices by another machine's times."""
    for name in ("avx2", "avx512core", "vnni"):
        rows = prices(folder, "layers.csv", "--hw", "host-onednn-" + name, "--store", "a.db", "--allow-unpriced")
        reason = rows["conv"]["reason"]
        found = "without a gate" in reason  # the host's own set is this one
        assert found or "was not measured" in reason or "processor has no" in reason, reason


def a_killed_run_goes_on(folder):
    command = [HWCOST, "measure", "layers.csv", "--hw", "host-onednn", "--ungated", "--store", "killed.db"]
    run = subprocess.Popen(
        [*command, "--hw-path", str(REPOSITORY / "hw_descriptions")],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        run.wait(timeout=0.12)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGKILL)
        run.wait()
    measure(folder, "layers.csv", "--store", "killed.db", status=3)
    rows = list(csv.DictReader(io.StringIO(hwcost(folder, "store", "export", "killed.db"))))
    assert len(rows) == 3 and all(float(row["x_passes"]) >= 2 for row in rows), rows


def a_run_in_sequence_is_set_beside_the_sum(folder):
    text = measure(folder, "layers.csv", "--store", "a.db", "--chain", status=3)
    assert "in sequence: 4 layers in " in text and "gap: the sum of these layers" in text, text


def measured_document(folder, model, *options):
    """The JSON, which obeys the shipped schema."""
    document = json.loads(measure(folder, model, "--store", "a.db", "--format", "json", *options, status=3))
    SCHEMA.validate(document)
    return document


def the_schema_refuses_what_is_no_result(document):
    for fault, damage in {
        "another schema": lambda d: d.update(schema="hwcost-measured/2"),
        "a layer without its timing": lambda d: d["layers"][0].pop("timing"),
        "a time of 0": lambda d: d["layers"][0]["timing"].update(seconds=0),
        "a complete layer without a time": lambda d: d["layers"][0].update(timing=None, complete=True),
        "a figure that is unknown": lambda d: d["in_sequence"].update(mean_gap=0.1),
        "a run without its gap": lambda d: d["in_sequence"].pop("gap"),
    }.items():
        damaged = copy.deepcopy(document)
        damage(damaged)
        assert not SCHEMA.is_valid(damaged), f"the schema accepts {fault}"


def results_are_written_as_csv_and_json(folder):
    measured_document(folder, "layers.csv")
    chained = measured_document(folder, "layers.csv", "--chain")
    the_schema_refuses_what_is_no_result(chained)
    rows = list(csv.DictReader(io.StringIO(measure(folder, "layers.csv", "--store", "a.db", "--format", "csv", status=3))))
    assert [row["layer"] for row in rows] == [layer["name"] for layer in chained["layers"]]
    for row, layer in zip(rows, chained["layers"]):
        assert (row["seconds"] == "") == (layer["timing"] is None), row
        assert not row["seconds"] or float(row["seconds"]) == layer["timing"]["seconds"], row
    in_sequence = chained["in_sequence"]
    assert in_sequence["layers"] == sum(layer["in_sequence_seconds"] is not None for layer in chained["layers"]) == 4
    sum_of_layers = sum(layer["timing"]["seconds"] * layer["repeat"] for layer in chained["layers"] if layer["timing"])
    assert abs(in_sequence["sum_of_layers_seconds"] / sum_of_layers - 1) < 1e-9
    assert measure(folder, "layers.csv", "--store", "a.db", "--output", "out.txt", status=3) == ""
    assert "layers measured" in (folder / "out.txt").read_text()
    measure(folder, "layers.csv", "--store", "a.db", "--output", "a.db", status=2)


def what_cannot_run_in_sequence_still_has_its_table(folder):
    (folder / "narrow.csv").write_text("".join(LAYERS.splitlines(keepends=True)[i] for i in (0, 5)))
    text = measure(folder, "narrow.csv", "--store", "a.db", "--chain", status=3)
    assert "0 of 1 layers measured" in text and "in sequence: not timed: " in text, text
    document = measured_document(folder, "narrow.csv", "--chain")
    assert document["in_sequence"] is None and document["not_in_sequence"], document


def narrow_integers_are_measured_at_8_bit_where_the_description_says_so(folder):
    options = ("--hw", "host-onednn-narrow", "--store", "a.db")
    hwcost(folder, "measure", "layers.csv", *options, "--ungated")
    row = prices(folder, "layers.csv", *options)["narrow"]
    assert row["status"] == "approximated" and "integers of 8 bit" in row["reason"], row


def a_table_says_which_kernel_runs_a_layer(folder):
    plain = "name,op,in_channels,out_channels\nfc,linear,96,32\n"
    (folder / "plain.csv").write_text(plain)
    for name, cell in (("clamped", "relu6"), ("wrong", "conv2d")):
        (folder / f"{name}.csv").write_text(plain.replace("channels\n", "channels,x_activation\n").replace("32\n", f"32,{cell}\n"))
    measure(folder, "clamped.csv", "--store", "k.db")
    assert "relu6" in hwcost(folder, "store", "export", "k.db")
    options = ("--hw", "host-onednn", "--store", "k.db")
    assert prices(folder, "clamped.csv", *options)["fc"]["status"] == "approximated"  # not gated
    assert "was not measured" in prices(folder, "plain.csv", *options, status=3)["fc"]["reason"]
    for command in ("measure", "price"):
        told = hwcost(folder, command, "wrong.csv", *options, status=1)
        assert "wrong.csv:2: error: x_activation is 'conv2d', which is no activation" in told, told
    hwcost(folder, "price", "wrong.csv", "--hw", "counts")  # formulas ask for no kernel, and the column is only kept


def wrong_usage_is_told(folder):
    assert "not measured: wanted" in hwcost(folder, "measure", "layers.csv", "--hw", "mpic", "--store", "m.db", status=1)
    assert not (folder / "m.db").exists()
    for command in (("price", "layers.csv"), ("compare", "layers.csv", "--against", "gap8")):
        told = hwcost(folder, *command, "--hw", "gap8", "--store", "a.db", status=2)
        assert "--store: is for machines that are measured" in told, told
    measure(folder, "layers.csv", "--store", "a.db", "--time-limit", "soon", status=2)
    model = REPOSITORY / "tests/models/resnet8_op13.onnx"
    for shape, status in (("nosuch=1x3x64x32", 1), ("input=1x3x{32,64}x32", 2)):
        measure(folder, model, "--store", "m.db", "--input-shape", shape, status=status)
    assert not (folder / "m.db").exists()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        SCHEMA.check_schema(SCHEMA.schema)
        (folder / "layers.csv").write_text(LAYERS)
        what_is_measured_is_found_again(folder)
        what_was_not_measured_is_refused(folder)
        an_instruction_set_is_another_machine(folder)
        a_killed_run_goes_on(folder)
        a_run_in_sequence_is_set_beside_the_sum(folder)
        results_are_written_as_csv_and_json(folder)
        what_cannot_run_in_sequence_still_has_its_table(folder)
        narrow_integers_are_measured_at_8_bit_where_the_description_says_so(folder)
        a_table_says_which_kernel_runs_a_layer(folder)
        wrong_usage_is_told(folder)


if __name__ == "__main__":
    main()
