"""Builds the Python package: CMake makes the extension module, the shipped descriptions are packed beside it.

CMAKE_ARGS are passed on; with hwcost_ROOT naming an installed hwcost the module is linked to that one, else the library
is built too and linked into the module.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent


def generator():
    """Ninja where it is there, as for the library itself; make may not be."""
    return ["-G", "Ninja"] if shutil.which("ninja") and "CMAKE_GENERATOR" not in os.environ else []


def version():
    return re.search(r"project\(hwcost VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]


class CMakeBuild(build_ext):
    """Runs CMake on tools/python."""

    def build_extension(self, ext):
        module = Path(self.get_ext_fullpath(ext.name)).resolve()
        build = Path(self.build_temp).resolve()
        configure = [
            "cmake", "-S", ROOT / "tools/python", "-B", build, "-DCMAKE_BUILD_TYPE=Release",
            f"-DPython3_EXECUTABLE={sys.executable}", f"-DHWCOST_PYTHON_MODULE_FOLDER={module.parent}",
            *generator(), *shlex.split(os.environ.get("CMAKE_ARGS", "")),
        ]  # fmt: skip
        subprocess.run(configure, check=True)
        jobs = str(self.parallel or os.cpu_count() or 1)
        subprocess.run(["cmake", "--build", build, "--target", "hwcost_python", "--parallel", jobs], check=True)
        descriptions = module.parent / "hw_descriptions"
        self.mkpath(str(descriptions))
        for file in sorted((ROOT / "hw_descriptions").glob("*.info")):
            self.copy_file(str(file), str(descriptions / file.name))


setup(version=version(), ext_modules=[Extension("hwcost._core", sources=[])], cmdclass={"build_ext": CMakeBuild})
