#!/usr/bin/env python3
"""Every kind of breach is found by include_arrows.py, and a repository that holds the arrows has none."""

import tempfile
import unittest
from pathlib import Path

from include_arrows import breaches

SOUND = {
    "core/include/hwcost/layer.hpp": "#pragma once\n#include <vector>\n#include <tl/expected.hpp>\n",
    "core/src/layer.cpp": '#include "hwcost/layer.hpp"\n#include <fmt/core.h>\n',
    "core/import/include/hwcost/import/onnx.hpp": '#pragma once\n#include "hwcost/layer.hpp"\n',
    "core/import/onnx/onnx.cpp": '#include "hwcost/import/onnx.hpp"\n#include <protozero/pbf_reader.hpp>\n',
    "backends/toy/toy.hpp": '#pragma once\n#include "hwcost/layer.hpp"\n',
    "tools/main.cpp": '#include "hwcost/import/onnx.hpp"\n#include <CLI/CLI.hpp>\n',
    "tools/view.hpp": "#pragma once\n",
    "tests/toy_test.cpp": '#include "toy/toy.hpp"\n#include "hwcost/layer.hpp"\n',
}


class IncludeArrows(unittest.TestCase):
    def found(self, **changed):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**SOUND, **changed.get("files", {})}.items():
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            return list(breaches(Path(folder)))

    def assert_one(self, path, text, words):
        found = self.found(files={path: text})
        self.assertTrue(found, f"{path} went through")
        self.assertTrue(all(path in breach for breach in found), found)
        self.assertIn(words, found[0])

    def test_sound_repository_has_no_breach(self):
        self.assertEqual(self.found(), [])

    def test_core_may_not_include_a_backend(self):
        self.assert_one("core/src/layer.cpp", '#include "toy/toy.hpp"\n', "above it")

    def test_core_may_not_include_an_importer(self):
        self.assert_one("core/src/layer.cpp", '#include "hwcost/import/onnx.hpp"\n', "above it")

    def test_importer_may_include_only_some_private_headers_of_core(self):
        private = {"core/src/limits.hpp": "#pragma once\n", "core/src/pruning.hpp": "#pragma once\n"}
        importer = "core/import/onnx/onnx.cpp"
        self.assertEqual(self.found(files={**private, importer: '#include "limits.hpp"\n'}), [])
        self.assertEqual(len(self.found(files={**private, importer: '#include "pruning.hpp"\n'})), 1)

    def test_importer_may_not_include_a_backend(self):
        self.assert_one("core/import/onnx/onnx.cpp", '#include "toy/toy.hpp"\n', "above it")

    def test_backend_may_not_include_the_command(self):
        self.assert_one("backends/toy/toy.cpp", '#include "../../tools/view.hpp"\n', "above it")

    def test_command_may_not_include_a_backend(self):
        self.assert_one("tools/main.cpp", '#include "toy/toy.hpp"\n', "above it")

    def test_installed_header_sees_only_std_and_expected(self):
        self.assert_one("core/include/hwcost/layer.hpp", "#pragma once\n#include <fmt/core.h>\n", "fmt/core.h")

    def test_header_needs_pragma_once(self):
        self.assert_one("tools/view.hpp", "int x();\n", "pragma once")

    def test_long_file_has_two_subjects(self):
        self.assert_one("tools/main.cpp", "\n" * 501, "501 lines")


if __name__ == "__main__":
    unittest.main()
