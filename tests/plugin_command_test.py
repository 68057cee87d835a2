#!/usr/bin/env python3
"""Plugins and the conformance kit as a user of the command meets them.

Usage: plugin_command_test.py REPOSITORY HWCOST FOLDER_OF_PLUGINS
"""

import copy
import csv
import io
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import jsonschema

REPOSITORY, HWCOST, PLUGINS = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
SYSTOLIC = ("--plugin", PLUGINS / "systolic.so")
INFO = REPOSITORY / "tests/plugin/systolic.info"
# Each is a fold of the array: 2 * 256 + 256 + 1 - 2 cycles.
TABLE = "name,op,in_channels,out_channels,expected_latency_cycles\nfirst,linear,64,32,767\nlast,linear,32,10,767\n"


def hwcost(*arguments):
    run = subprocess.run([HWCOST, *map(str, arguments)], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, run.stderr


class Plugin(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.table = self.write("net.csv", TABLE)

    def write(self, name, text):
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def assert_error(self, arguments, line, status=1):
        self.assertEqual(hwcost(*arguments), (status, "", line + "\n"))

    def test_price_by_a_file_and_by_a_name(self):
        for plugin in (SYSTOLIC, ("--plugin-path", self.folder, "--plugin-path", PLUGINS, "--plugin", "systolic")):
            status, out, err = hwcost("price", self.table, *plugin, "--hw", INFO, "--format", "csv")
            self.assertEqual((status, err), (0, ""))
            self.assertEqual([row["latency_cycles"] for row in csv.DictReader(io.StringIO(out))], ["767", "767"])

    def test_beside_a_machine_of_our_own(self):
        status, out, _ = hwcost("price", self.table, *SYSTOLIC, "--hw", f"mpic,{INFO}", "--format", "csv", "--by", "network")
        self.assertEqual(status, 0)
        self.assertEqual([row["hardware"] for row in csv.DictReader(io.StringIO(out))], ["mpic", "systolic"])

    def test_verify(self):
        status, out, _ = hwcost("verify", self.table, *SYSTOLIC, "--hw", INFO)
        self.assertEqual(status, 0, out)

    def test_refine(self):
        widths = self.write("widths.csv", "layer,w_bits,in_bits\nfirst,4,\n")
        status, out, err = hwcost("refine", self.table, *SYSTOLIC, "--hw", INFO, "--assign", widths, "--widths", "8",
                                  "--metric", "latency_cycles", "--output", self.folder / "wider.csv", "--format", "json")
        self.assertEqual((status, err), (0, ""), out)
        plugin = Path(shutil.copy(SYSTOLIC[1], Path(self.folder) / "copy.so"))
        before = plugin.read_bytes()
        status, _, err = hwcost("refine", self.table, "--plugin", plugin, "--hw", INFO, "--assign", widths, "--widths", "8",
                                "--metric", "latency_cycles", "--output", plugin)
        self.assertEqual((status, plugin.read_bytes() == before), (2, True), err)

    def test_hw_show_and_check(self):
        status, out, _ = hwcost("hw", "show", INFO, *SYSTOLIC)
        self.assertEqual(status, 0)
        self.assertIn("Jouppi et al., ISCA 2017", out)
        self.assertEqual(hwcost("hw", "check", INFO, *SYSTOLIC), (0, f"{INFO}: ok\n", ""))

    def test_without_the_plugin_there_is_no_such_backend(self):
        status, _, err = hwcost("hw", "check", INFO)
        self.assertEqual(status, 1)
        self.assertIn(f"{INFO}:3: error: no backend 'systolic'", err)

    def test_faults_are_one_line_with_the_file(self):
        price = ("price", self.table, "--hw", "mpic", "--plugin")
        self.assert_error((*price, PLUGINS / "other_abi.so"),
                          f"{PLUGINS}/other_abi.so: error: has version 2 of the plugin interface; this hwcost has 1")
        self.assert_error((*price, PLUGINS), f"{PLUGINS}: error: is a folder; the file of a plugin is wanted")
        self.assert_error((*price, self.table), f"{self.table}: error: cannot be loaded: invalid ELF header")
        self.assert_error((*price, "systolic"), "error: no plugin 'systolic': no folder to search, and a file has a '/' or "
                                                "ends in '.so'")
        self.assert_error((*price, ""), "error: --plugin: is empty", status=2)

    def faulty(self, fault):
        return self.write("faulty.info", "name faulty\nbackend faulty\nparameter\n{\n"
                                         f'  fault {fault} {{ source "this test" kind guessed }}\n}}\n')

    def test_a_plugin_at_fault_has_no_prices(self):
        status, out, err = hwcost("price", self.table, "--plugin", PLUGINS / "faulty.so", "--hw", self.faulty(3), "--format",
                                  "csv")
        self.assertEqual((status, err), (3, ""))
        for row in csv.DictReader(io.StringIO(out)):
            self.assertEqual(row["status"], "unsupported")
            self.assertEqual(row["reason"], "plugin 'faulty' is at fault: it prices a layer at compute_cycles nan")

    def test_conformance_of_sound_machines(self):
        for machine in ((*SYSTOLIC, "--hw", INFO), ("--hw", "mpic")):
            status, out, err = hwcost("conformance", *machine, "--layers", 5)
            self.assertEqual((status, err), (0, ""), out)
            self.assertIn("BatchEqualsScalarBitForBit", out)
            self.assertRegex(out, r"\n1\d hold, 0 broken, \d untested\n$")

    def test_conformance_of_a_faulty_plugin(self):
        status, out, err = hwcost("conformance", "--plugin", PLUGINS / "faulty.so", "--hw", self.faulty(9), "--layers", 5,
                                  "--format", "json")
        self.assertEqual((status, err), (1, ""))
        report = json.loads(out)
        self.assertEqual(report["schema"], "hwcost-conformance/1")
        self.assertFalse(report["conforms"])
        found = {check["name"]: check for check in report["checks"]}
        self.assertEqual(found["NoAnswerIsFaulty"]["outcome"], "broken")
        self.assertIn("does not say why", found["NoAnswerIsFaulty"]["words"])
        self.assertGreater(found["NoAnswerIsFaulty"]["breaches"], 0)
        self.check_schema(report)

    def check_schema(self, report):
        schema = json.loads((REPOSITORY / "schemas/hwcost-conformance-1.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        validator.validate(report)
        for fault, damage in {
            "another name": lambda d: d.update(schema="hwcost-conformance/2"),
            "an unknown outcome": lambda d: d["checks"][0].update(outcome="passed"),
            "a check without its promise": lambda d: d["checks"][0].pop("promise"),
            "half a case": lambda d: d["checks"][0].update(cases=0.5),
            "an unknown field": lambda d: d.update(smell=1),
            "no checks": lambda d: d.update(checks=[]),
        }.items():
            document = copy.deepcopy(report)
            damage(document)
            self.assertFalse(validator.is_valid(document), f"the schema accepts {fault}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
