#!/usr/bin/env python3
"""Files that are none, and outputs that cannot be written: one line on stderr, exit status 1 or 2, nothing left behind.

Usage: command_edges_test.py REPOSITORY HWCOST
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY, HWCOST = Path(sys.argv[1]), sys.argv[2]
MODEL = REPOSITORY / "tests" / "models" / "ad_autoencoder_op13_stripped.onnx"


def run(*arguments):
    return subprocess.run([HWCOST, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60,
                          stdin=subprocess.DEVNULL)


class CommandEdges(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def refused(self, *arguments):
        result = run(*arguments)
        self.assertIn(result.returncode, (1, 2), (arguments, result))
        self.assertEqual(result.stderr.count("\n"), 1, (arguments, result.stderr))
        self.assertIn("error: ", result.stderr, arguments)
        self.assertEqual(result.stdout, "", arguments)
        return result.stderr

    def odd_files(self, ending):
        """Nothing, a folder, a pipe, an empty file, zeros without an end, a link to itself, a huge file of holes."""
        folder = self.folder / ending
        folder.mkdir()
        (folder / f"folder.{ending}").mkdir()
        os.mkfifo(folder / f"pipe.{ending}")
        (folder / f"empty.{ending}").touch()
        (folder / f"zeros.{ending}").symlink_to("/dev/zero")
        (folder / f"circle.{ending}").symlink_to(folder / f"circle.{ending}")
        with open(folder / f"huge.{ending}", "wb") as huge:
            huge.truncate(3 << 30)
        return [folder / f"{name}.{ending}" for name in ("none", "folder", "pipe", "empty", "zeros", "circle", "huge")]

    def test_files_that_are_no_model(self):
        assignment = self.folder / "widths.csv"
        assignment.write_text("layer,w_bits\nx,4\n", encoding="utf-8")
        for ending in ("onnx", "csv", "json"):
            for file in self.odd_files(ending):
                self.assertIn(str(file), self.refused("price", file, "--hw", "counts"))
                output = self.folder / "out"
                self.assertIn(str(file), self.refused("import", file, "--output", output))
                self.refused("refine", file, "--hw", "ne16-job", "--assign", assignment, "--output", output)
                self.assertFalse(output.exists())

    def test_files_that_are_no_table_or_description(self):
        for file in self.odd_files("csv"):
            self.assertIn(str(file), self.refused("verify", file, "--hw", "counts"))
            self.assertIn(str(file), self.refused("price", MODEL, "--hw", "counts", "--assign", file))
        for file in self.odd_files("info"):
            self.assertIn(str(file), self.refused("price", MODEL, "--hw", file))
            self.assertIn(str(file), self.refused("hw", "check", file))

    def test_outputs_that_cannot_be_written(self):
        os.mkfifo(self.folder / "pipe")
        for output in (self.folder, self.folder / "none" / "out", "/dev/full", self.folder / "pipe", ""):
            self.refused("price", MODEL, "--hw", "counts", "--output", output)
            self.refused("import", MODEL, "--output", output)
        self.assertEqual([file.name for file in self.folder.iterdir()], ["pipe"])

    def test_files_that_are_read_are_not_overwritten(self):
        model = self.folder / "model.onnx"
        shutil.copy(MODEL, model)
        link = self.folder / "link.json"
        link.symlink_to(model)
        for output in (model, link):
            self.assertIn("would be overwritten", self.refused("import", model, "--output", output))
            self.assertIn("would be overwritten", self.refused("price", model, "--hw", "counts", "--output", output))
        self.assertEqual(model.read_bytes(), MODEL.read_bytes())

    def test_machines_that_are_priced_on_are_not_overwritten(self):
        parent, child = self.folder / "parent.info", self.folder / "child.info"
        parent.write_text("name parent\ninherit mpic\nparameter { clock \"1 MHz\" { source \"me\" kind guessed } }\n")
        child.write_text("name child\ninherit \"parent.info\"\n")
        before = parent.read_bytes(), child.read_bytes()
        for output in (parent, child):
            self.assertIn("would be overwritten", self.refused("price", MODEL, "--hw", child, "--output", output))
        self.assertEqual((parent.read_bytes(), child.read_bytes()), before)

    def test_a_list_of_no_descriptions_names_the_folders(self):
        """A command and its library that were moved without the descriptions."""
        moved, empty = self.folder / "moved", self.folder / "empty"
        for folder in (moved / "bin", moved / "lib", empty):
            folder.mkdir(parents=True)
        command = shutil.copy(HWCOST, moved / "bin")
        for library in Path(HWCOST).resolve().parent.parent.glob("lib/libhwcost.so.*"):
            (moved / "lib" / library.name).symlink_to(library)
        result = subprocess.run([command, "hw", "list", "--hw-path", empty], capture_output=True, text=True, check=False,
                                timeout=60, env={**os.environ, "LD_LIBRARY_PATH": str(moved / "lib")})
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertTrue(result.stderr.startswith(f"error: no descriptions in {empty}, {moved}"), result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)

    def test_options_that_mean_nothing(self):
        for options in (["--batch", "0"], ["--batch", "1e30"], ["--batch", "9007199254740993"], ["--bits", "w99a8"],
                        ["--bits", ""], ["--input-shape", "=1x3"], ["--input-shape", "x=1x{1,2"], ["--hw", ","],
                        ["--input-shape", "x=1,x=2"], ["--format", "xml"], ["--nosuch"], ["extra.onnx"]):
            self.refused("price", MODEL, "--hw", "counts", *options)
        self.refused("price")
        self.refused()
        self.refused("verify", REPOSITORY / "tests" / "golden" / "mpic.csv", "--hw", "mpic", "--tolerance", "nan")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
