"""Models, machines and reports from Python say what the library says."""

import json
import os
import subprocess
from types import MappingProxyType

import pytest

import hwcost

CONV = dict(in_channels=16, out_channels=32, in_height=8, in_width=8, out_height=8, out_width=8, kernel_height=3,
            kernel_width=3, pad_top=1, pad_bottom=1, pad_left=1, pad_right=1)  # fmt: skip


def test_report_is_the_document_that_the_command_prints(models):
    command = os.environ.get("HWCOST_COMMAND")
    if not command:
        pytest.skip("this build has no command")
    model = models / "resnet8_op13.onnx"
    for machine in ("diana", "counts", "gap9-ne16"):
        printed = subprocess.run([command, "price", model, "--hw", machine, "--format", "json", "--allow-unpriced"],
                                 capture_output=True, text=True, check=True).stdout  # fmt: skip
        expected, report = json.loads(printed), hwcost.evaluate(model, machine).to_dict()
        for document in (expected, report):
            document["hardware"].pop("file")
        assert report == expected


def test_totals_add_up_over_layers_and_modules(models):
    report = hwcost.evaluate(models / "resnet8_op13.onnx", "mpic")
    total = sum(layer.metrics["latency_cycles"] or 0.0 for layer in report.layers)
    assert total == pytest.approx(report.totals["latency_cycles"], rel=1e-12)
    root = report.modules()[0]
    assert (root.path, root.depth, root.totals["macs"]) == ("", 0, report.totals["macs"])


def test_layer_takes_the_extents_of_its_operator_alone():
    with pytest.raises(hwcost.InputError, match="'kernel' is no extent of conv2d, which has batch, in_channels"):
        hwcost.Layer("conv2d", kernel=3)
    with pytest.raises(hwcost.InputError, match="'conv4d' is no operator"):
        hwcost.Layer("conv4d")
    with pytest.raises(hwcost.InputError, match="in_channels is 'many', wanted a number"):
        hwcost.Layer("linear", in_channels="many")


def test_layer_that_contradicts_itself_is_refused():
    with pytest.raises(hwcost.InputError, match="out_height is 9"):
        hwcost.Layer("conv2d", **{**CONV, "out_height": 9})
    with pytest.raises(hwcost.InputError, match="w_bits is 2.5, wanted a whole number of bits from 0 to 64"):
        hwcost.Layer("conv2d", **CONV, w_bits=2.5)


def test_widths_read_back_as_they_were_given():
    for widths in (4, "f32", "bf16", {0: 2, 8: 30}, [8] * 31 + [0]):
        assert hwcost.Layer("conv2d", **CONV, w_bits=widths).w_bits == widths


def test_faults_in_files_have_their_place(tmp_path):
    table = tmp_path / "net.csv"
    table.write_text("op,in_channels,out_channels\nlinear,64,10\nlinear,64,ten\n")
    with pytest.raises(hwcost.InputError) as caught:
        hwcost.load_model(table)
    error = caught.value
    assert (error.file, error.line) == (str(table), 3)
    assert str(error) == f"{table}:3: error: {error.message}"
    assert isinstance(error, ValueError)


def test_fault_in_a_description_has_its_line(tmp_path):
    machine = tmp_path / "core.info"
    machine.write_text('name core\ninherit mpic\nparameter\n{\n  clok "1 MHz" { source "me" kind guessed }\n}\n')
    with pytest.raises(hwcost.InputError) as caught:
        hwcost.load_machine(machine)
    assert (caught.value.file, caught.value.line) == (str(machine), 5)


def test_what_a_machine_cannot_run_is_unsupported():
    layer = hwcost.Layer("conv2d", **CONV, w_bits=3)
    with pytest.raises(hwcost.Unsupported) as caught:
        hwcost.load_machine("mpic").estimate(layer)
    report = hwcost.evaluate(hwcost.Graph([layer]), "mpic")
    assert (report.unsupported, report.layers[0].status) == (1, "unsupported")
    assert report.layers[0].reason == caught.value.reason
    assert report.layers[0].metrics["latency_cycles"] is None


@pytest.mark.parametrize("name, metric, known", [
    ("bit-ops", "latency_cycles", "cost"),
    ("mpic", "cost", "latency_cycles, latency_seconds, energy_joules"),
    ("ne16-plinio", "energy_joules", "latency_cycles"),
    ("mpic", "utilization", "latency_cycles, latency_seconds, energy_joules"),
])  # fmt: skip
def test_gradient_of_what_a_machine_does_not_define_is_refused(name, metric, known):
    machine = hwcost.load_machine(name)
    with pytest.raises(hwcost.InputError, match=f"{name} has no gradient of '{metric}'; .* add up: {known}$"):
        machine.gradient(hwcost.Layer("linear", in_channels=64, out_channels=64), metric)


def test_long_formula_is_told_by_its_beginning():
    graph = hwcost.Graph([hwcost.Layer("linear", in_channels=64, out_channels=10)])
    formula = "+".join(["macs"] * 500) + "/0"
    reason = hwcost.evaluate(graph, "counts", formula=formula).layers[0].reason
    assert reason.startswith("formula 'macs+macs") and reason.endswith("' gives inf for this layer") and len(reason) < 250


def test_one_folder_is_a_search_path(tmp_path):
    (tmp_path / "core.info").write_text("name core\ninherit mpic\n")
    for search in (tmp_path, str(tmp_path), [tmp_path]):
        assert hwcost.load_machine("core", search=search).name == "core"
        assert "core" in hwcost.machine_names(search)


def test_fields_of_another_type_are_told():
    graph = hwcost.Graph([hwcost.Layer("linear", name="a", in_channels=64, out_channels=10)])
    machine = hwcost.load_machine("counts")
    with pytest.raises(hwcost.InputError, match=r"layers of WeightQuantizer\(.*\) is 'a', wanted a sequence of names"):
        hwcost.ExpectedCost(graph, machine, ["macs"], weights=[hwcost.WeightQuantizer("a", "a", [2, 8])])
    with pytest.raises(hwcost.InputError, match=r"widths of .* is 8, wanted a sequence of numbers of bits"):
        hwcost.ExpectedCost(graph, machine, ["macs"], activations=[hwcost.ActivationQuantizer("a", ["a"], 8)])
    with pytest.raises(hwcost.InputError, match="name is 3, wanted a text"):
        hwcost.Layer("linear", name=3)


def test_assignment_from_a_dict_and_from_its_table_agree(models, tmp_path):
    graph = hwcost.load_model(models / "resnet8_op13.onnx")
    widths = {"s1.conv1": [8, 0] * 8, "s2.conv1": {2: 10, 8: 22}, "fc": {"w_bits": 4, "in_bits": 8}}
    file = tmp_path / "widths.csv"
    file.write_text(hwcost.assignment_table(widths))
    assert graph.assign(widths) == graph.assign(str(file)) == graph.assign(file)
    assert graph.assign(MappingProxyType({"s2.conv1": MappingProxyType({2: 10, 8: 22})})) == graph.assign({"s2.conv1": {2: 10, 8: 22}})
    assert graph.assign(widths) != graph
    with pytest.raises(hwcost.InputError, match="assignment of 'conv9'"):
        graph.assign({"conv9": 8})


@pytest.mark.parametrize(
    "widths, words",
    [
        ({"fc": {"wbits": 4}}, r"^assignment of 'fc': error: unknown key 'wbits', wanted 'w_bits' or 'in_bits', or numbers of bits alone$"),
        ({"fc": {"w_bits": 4, 8: 3}}, r"^assignment of 'fc': error: unknown key 8, wanted 'w_bits' or 'in_bits',"),
        ({"fc": {"in_bits": {4: 3}}}, r"in_bits of 'fc' is \{4: 3\}, wanted a whole number of bits"),
        ({"fc": "f33"}, r"w_bits of 'fc' is 'f33', wanted a width"),
        ({"fcc": 4}, r"layer 'fcc': the model has no layer of that name; did you mean 'fc'\?$"),
        ({3: 4}, r"layer 3: wanted its name$"),
    ],
)
def test_assignment_that_is_none_is_told_with_key_and_layer(widths, words):
    graph = hwcost.Graph([hwcost.Layer("linear", name="fc", in_channels=64, out_channels=10)])
    with pytest.raises(hwcost.InputError, match=words):
        graph.assign(widths)


def test_neutral_form_reads_back(models, tmp_path):
    graph = hwcost.load_model(models / "dscnn_op13.onnx")
    file = tmp_path / "net.json"
    file.write_text(graph.to_json())
    again = hwcost.load_model(file)
    assert [layer.facts() for layer in again.layers] == [layer.facts() for layer in graph.layers]
    assert again.inputs == graph.inputs


def test_refinement_costs_no_more(models):
    graph = hwcost.load_model(models / "resnet8_op13.onnx").with_bits(8, 8)
    refined = hwcost.refine(graph, {"s3.conv1": {2: 3, 8: 61}}, hwcost.load_machine("ne16-plinio"))
    assert refined.outcomes["s3.conv1"][0] == "raised"
    assert refined.widths["s3.conv1"] == {"w_bits": {8: 64}}
    assert refined.after.totals["latency_cycles"] <= refined.before.totals["latency_cycles"]


def test_frame_has_a_row_a_layer(models):
    pandas = pytest.importorskip("pandas")
    report = hwcost.evaluate(models / "resnet8_op13.onnx", "mpic")
    frame = report.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["name"]) == [layer.name for layer in report.layers]
    assert frame["latency_cycles"].sum() == pytest.approx(report.totals["latency_cycles"])
