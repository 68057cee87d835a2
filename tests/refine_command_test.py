#!/usr/bin/env python3
"""hwcost refine as a user meets it: its table prices as it says, its JSON obeys the schema, its faults are one line.

Usage: refine_command_test.py REPOSITORY HWCOST
"""

import csv
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

REPOSITORY, HWCOST = Path(sys.argv[1]), sys.argv[2]
MODEL = REPOSITORY / "tests/models/resnet8_op13.onnx"
# Pruned chains, lists, histograms and one width; a layer without weights.
ASSIGNMENT = """layer,w_bits,in_bits
conv1,2:3|4:5|8:8,8
s1.conv1,2:3|4:13,
s2.conv1,0:4|2:2|4:20|8:6,
s3.conv1,{each},
fc,"2,2,4,8,2,4,8,8,2,4",
s3.down,2,
relu,,8
""".format(each='"' + ",".join(str((0, 2, 4, 8)[i * i % 4]) for i in range(64)) + '"')
SCORES = "layer,channel,score\n" + "".join(f"fc,{c},{c * 7 % 5}\n" for c in range(10))


def hwcost(*arguments):
    command = [HWCOST, *map(str, arguments), "--hw-path", str(REPOSITORY / "hw_descriptions")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, run.stderr


def cycles(folder, table, machine):
    status, out, _ = hwcost("price", MODEL, "--hw", machine, "--assign", folder / table, "--format", "csv", "--allow-unpriced")
    assert status == 0, out
    return {row["layer"]: float(row["latency_cycles"] or 0) for row in csv.DictReader(io.StringIO(out)) if row["op"] != "relu"}


def refine(folder, machine, *options, table="widths.csv", output="wider.csv"):
    return hwcost("refine", MODEL, "--hw", machine, "--assign", folder / table, "--output", folder / output, *options)


def the_table_prices_as_the_report_says(folder, machine):
    status, out, err = refine(folder, machine, "--format", "csv", "--scores", folder / "scores.csv", "--widths", "2,4,8")
    assert (status, err) == (0, ""), (status, err)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["outcome"] for row in rows[-2:]] == ["kept", "total"], out
    before, after = cycles(folder, "widths.csv", machine), cycles(folder, "wider.csv", machine)
    for row in rows[:-2]:
        layer = row["layer"]
        assert float(row["latency_cycles_before"]) == before[layer], row
        assert float(row["latency_cycles_after"]) == after[layer] <= before[layer], row
    assert any(row["outcome"] == "raised" for row in rows)
    assert all(after[layer] == before[layer] for layer in after if layer not in {row["layer"] for row in rows})
    assert float(rows[-1]["latency_cycles_after"]) == sum(after[row["layer"]] for row in rows[:-2])


def a_refined_table_is_kept(folder, machine):
    table = (folder / "wider.csv").read_text()
    status, out, _ = refine(folder, machine, "--widths", "2,4,8", "--format", "csv", table="wider.csv", output="again.csv")
    assert status == 0
    assert all(row["outcome"] in ("kept", "total") for row in csv.DictReader(io.StringIO(out))), out
    assert (folder / "again.csv").read_text() == table


def documents_obey_the_schema(folder, validator):
    for machine in ("ne16-plinio", "gap8", "mixpc"):
        status, out, _ = refine(folder, machine, "--format", "json")
        assert status == 0
        document = json.loads(out)
        validator.validate(document)
        assert document["layers"][0]["w_bits"]["before"] == "2:3|4:5|8:8"
    assert document["metric"] == "cost"


def what_has_no_price_exits_with_three(folder):
    (folder / "one.csv").write_text("layer,w_bits\nconv1,1:8|4:8\nfc,\"2,2,4,8,2,4,8,8,2,4\"\n")
    status, out, err = refine(folder, "ne16-job", table="one.csv")
    assert (status, err) == (3, ""), (status, err)
    assert "1-bit weights; the array has 2 to 8" in out
    assert (folder / "wider.csv").read_text() == 'layer,w_bits,in_bits\nconv1,1:8|4:8,\nfc,"8,8,8,8,8,8,8,8,8,8",\n'
    assert refine(folder, "ne16-job", "--allow-unpriced", table="one.csv")[0] == 0


def faults_are_one_line(folder):
    (folder / "unknown.csv").write_text("layer,w_bits\nconv9,4\n")
    (folder / "stranger.csv").write_text("layer,channel,score\nconv9,0,1\n")
    cases = [
        ((), {"table": "unknown.csv"}, 1, "unknown.csv:2: error: layer 'conv9': the model has no layer of that name"),
        (("--scores", folder / "stranger.csv"), {}, 1, "stranger.csv:2: error: layer 'conv9': the model has no layer"),
        (("--scores", folder / "none.csv"), {}, 1, "none.csv: error: "),
        (("--widths", "2,99"), {}, 2, "error: --widths: '99' is no whole number from 1 to 64"),
        (("--metric", "utilization"), {}, 2, "error: --metric: "),
        (("--metric", "energy_joules"), {}, 1, "error: the machine defines no energy_joules: wanted one of latency_cycles"),
        (("--formula", "macs*"), {}, 2, "error: --formula: formula 'macs*'"),
        (("--scores", folder / "stranger.csv"), {"output": "stranger.csv"}, 2, "stranger.csv is read here, and would be"),
        ((), {"output": "no/such/folder.csv"}, 1, "no/such/folder.csv: error: cannot be written"),
    ]
    for options, files, wanted, text in cases:
        status, out, err = refine(folder, "ne16-plinio", *options, **files)
        assert (status, out) == (wanted, ""), (options, status, out)
        assert err.count("\n") == 1 and text in err, (options, err)
    status, _, err = hwcost("refine", MODEL, "--hw", "gap8", "--output", folder / "x.csv")
    assert status == 2 and "--assign is required" in err, err
    assert sorted(path.name for path in folder.iterdir() if "unfinished" in path.name) == []


def main():
    schema = json.loads((REPOSITORY / "schemas/hwcost-refinement-1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "widths.csv").write_text(ASSIGNMENT)
        (folder / "scores.csv").write_text(SCORES)
        for machine in ("ne16-plinio", "gap9-ne16", "gap8"):
            the_table_prices_as_the_report_says(folder, machine)
            a_refined_table_is_kept(folder, machine)
        documents_obey_the_schema(folder, jsonschema.Draft202012Validator(schema))
        what_has_no_price_exits_with_three(folder)
        faults_are_one_line(folder)


if __name__ == "__main__":
    main()
