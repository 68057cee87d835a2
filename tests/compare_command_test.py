#!/usr/bin/env python3
"""hwcost compare as a user meets it: documents obey the shipped schema, layers are named that are left out, files that
do not fit are told in one line.

Usage: compare_command_test.py REPOSITORY HWCOST
"""

import copy
import csv
import io
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

TABLE = """name,op,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w,repeat,measured_latency_seconds,x_network
conv,conv2d,64,64,28,28,3,3,2,2.1e-4,net
</script><b>point,conv2d,64,128,28,28,1,1,1,5e-5,net
fc,linear,1024,1000,,,,,1,6e-5,net
fc_again,linear,1024,1000,,,,,1,,net
pool,max_pool,64,,28,28,2,2,1,3e-6,net
"""


def run(hwcost, *arguments, status=0):
    result = subprocess.run([hwcost, "compare", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == status, (arguments, result.returncode, result.stderr)
    return result.stdout if status in (0, 3) else result.stderr


def validator(repository):
    schema, report = (json.loads((repository / "schemas" / name).read_text(encoding="utf-8"))
                      for name in ("hwcost-accuracy-1.schema.json", "hwcost-report-1.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(schema["$id"], schema, store={report["$id"]: report})
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def check_documents(schema, hwcost, table):
    document = json.loads(run(hwcost, table, "--hw", "cascadelake-vnni", "--format", "json", status=3))
    schema.validate(document)
    assert document["pairings"] == {"compared": 3, "free": 0, "unmodelled": 1, "unpriced": 0, "unmeasured": 1}
    assert document["networks"][0]["layers_left_out"] == 2
    for fault, damage in {
        "a compared layer without an error": lambda d: d["layers"][0].pop("error"),
        "an unknown pairing": lambda d: d["layers"][0].update(pairing="guessed"),
        "no hash of the description": lambda d: d["hardware"].pop("sha256"),
    }.items():
        damaged = copy.deepcopy(document)
        damage(damaged)
        assert not schema.is_valid(damaged), f"the schema accepts {fault}"

    rows = list(csv.DictReader(io.StringIO(run(hwcost, table, "--hw", "cascadelake-vnni", "--format", "csv", status=3))))
    assert [row["pairing"] for row in rows] == ["compared"] * 3 + ["unmeasured", "unmodelled"]
    for row, layer in zip(rows, document["layers"]):
        assert row["error"] == "" or float(row["error"]) == layer["error"]

    text = run(hwcost, table, "--hw", "cascadelake-vnni", "--summary", "--allow-unpriced")
    assert "1 unmeasured: measured_latency_seconds is empty in its row (fc_again)" in text, text
    assert "1 unmodelled: counted as 0: cascadelake-vnni does not model max_pool (pool)" in text, text


def check_sources(repository, hwcost, folder, table):
    other = folder / "other.csv"
    other.write_text(TABLE.replace("fc,", "x,").replace("6e-5", "8e-5"), encoding="utf-8")
    looked_up = json.loads(run(hwcost, table, "--hw", "cascadelake-vnni", "--against", other, "--format", "json"))
    assert looked_up["layers"][3]["measured"] == 8e-5 and looked_up["layers"][3]["origin"] == "other.csv:4"
    in_capitals = other.rename(folder / "OTHER.CSV")
    again = json.loads(run(hwcost, table, "--hw", "cascadelake-vnni", "--against", in_capitals, "--format", "json"))
    assert again["layers"][3]["origin"] == "OTHER.CSV:4"
    machine = json.loads(run(hwcost, table, "--hw", "cascadelake-vnni", "--against", "cascadelake-avx2", "--format", "json"))
    assert machine["pairings"]["compared"] == 4 and machine["against"] == "cascadelake-avx2"
    resnet = repository / "tests/models/resnet8_op13.onnx"
    misnamed = folder / "misnamed.csv"
    misnamed.write_text("op,in_channels,out_channels,measured_latency_seconds,x_activation\n"
                        "linear,8,8,1e-6,\nlinear,8,9,1e-6,reluu\n", encoding="utf-8")
    two_machines = folder / "two_machines.csv"
    two_machines.write_text("op,in_channels,out_channels,measured_latency_seconds,x_governor\n"
                            "linear,8,8,1e-6,performance\nlinear,8,9,1e-6,powersave\n", encoding="utf-8")
    for arguments, words in {
        ("--hw", "cascadelake-vnni", "--against", two_machines): "two_machines.csv:3: error: measured on or with "
                                                                 "'governor powersave', and line 2",
        ("--hw", "counts"): "no figure to compare: measured latency_seconds; counts defines none",
        ("--hw", "cascadelake-vnni", "--metric", "energy_joules"): "no energy_joules to compare",
        ("--hw", "cascadelake-vnni", "--against", repository / "tests/golden/mpic.csv"): "nothing was measured",
        ("--hw", "cascadelake-vnni", "--against", folder / "none.csv"): "none.csv",
        ("--hw", "cascadelake-vnni", "--against", folder / "NONE.DB"): "NONE.DB: error: cannot be read",
        ("--hw", "cascadelake-vnni", "--against", "no-such-machine"): "no-such-machine",
        ("--hw", "cascadelake-vnni", "--against", misnamed): "misnamed.csv:3: error: x_activation is 'reluu'",
    }.items():
        told = run(hwcost, table, *arguments, status=1)
        assert words in told and told.count("\n") == 1, told
    told = run(hwcost, resnet, "--hw", "cascadelake-vnni", status=1)
    assert "name a layer table, a store or a machine by --against" in told, told
    page = folder / "same.html"
    for arguments in (("--output", table), ("--output", page, "--html", f"{folder}/./same.html")):
        run(hwcost, table, "--hw", "cascadelake-vnni", *arguments, status=2)
    assert not page.exists()


# Values in another unit than their column's are said to be, whatever the format; prices of machines never are.
def check_units(hwcost, folder, table):
    in_microseconds = folder / "in_microseconds.csv"
    text = TABLE
    for seconds, microseconds in {"2.1e-4": "210", "5e-5": "50", "6e-5": "60", "3e-6": "3"}.items():
        text = text.replace(seconds, microseconds)
    in_microseconds.write_text(text, encoding="utf-8")
    one_of_them = folder / "one_of_them.csv"
    one_of_them.write_text(TABLE.replace("5e-5", "50"), encoding="utf-8")
    for measured, words in {
        in_microseconds: "in_microseconds.csv: measured_latency_seconds is ",
        one_of_them: "one_of_them.csv:3: measured_latency_seconds is ",
    }.items():
        for arguments in ((measured,), (table, "--against", measured)):
            arguments = (*arguments, "--hw", "cascadelake-vnni", "--allow-unpriced", "--format")
            assert words in json.loads(run(hwcost, *arguments, "json"))["assumptions"][0], words
            assert words in run(hwcost, *arguments, "table").splitlines()[1], words
            result = subprocess.run([hwcost, "compare", *map(str, arguments), "csv"], capture_output=True, text=True, check=True)
            assert words in result.stderr and result.stderr.count("\n") == 1, result.stderr
    fitting = json.loads(run(hwcost, table, "--hw", "cascadelake-vnni", "--format", "json", status=3))
    assert not [a for a in fitting["assumptions"] if "measured_latency_seconds is" in a], fitting
    in_ms = folder / "in_ms.csv"
    in_ms.write_text(TABLE.replace("latency_seconds", "latency_ms"), encoding="utf-8")
    told = run(hwcost, in_ms, "--hw", "cascadelake-vnni", status=1)
    assert "in_ms.csv:1: error: column 'measured_latency_ms': unknown metric 'latency_ms'; wanted latency_cycles, latency_seconds" in told, told


# Whatever a layer is called, it reaches the page as text; and the page asks for nothing that is not in it.
def check_page(schema, hwcost, folder, table):
    page = folder / "page.html"
    curve = folder / "curve.json"
    curve.write_text('[{"name": "random", "points": [{"layers": 50, "median_error": 0.07}]}]', encoding="utf-8")
    arguments = (table, "--hw", "cascadelake-vnni", "--format", "json", "--html", page, "--learning-curve", curve)
    document = run(hwcost, *arguments, status=3)
    schema.validate(json.loads(document))
    assert json.loads(document)["learning_curves"] == json.loads(curve.read_text(encoding="utf-8"))
    html = page.read_text(encoding="utf-8")
    assert "</script><b>" not in html and "{{" not in html.split("<script>")[0]
    embedded = re.search(r'<script type="application/json" id="comparison">(.*?)</script>', html, re.DOTALL).group(1)
    assert json.loads(embedded) == json.loads(document)
    assert "default-src 'none'" in html and "Released under the MIT License" in html
    assert not re.search(r"<link|<img|<iframe|\bsrc=|@import|sourceMappingURL", html)
    run(hwcost, table, "--hw", "cascadelake-vnni", "--html", table, status=2)
    for text in ("[x", "{}", '[{"name": "random"}]', '[{"name": "a", "points": [{"layers": 0, "median_error": 1}]}]'):
        curve.write_text(text, encoding="utf-8")
        told = run(hwcost, *arguments, status=1)
        assert "is no list of learning curves" in told and told.count("\n") == 1, told


def main():
    repository, hwcost = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "layers.csv"
        table.write_text(TABLE, encoding="utf-8")
        schema = validator(repository)
        check_documents(schema, hwcost, table)
        check_page(schema, hwcost, folder, table)
        check_sources(repository, hwcost, folder, table)
        check_units(hwcost, folder, table)


if __name__ == "__main__":
    main()
