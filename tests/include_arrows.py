#!/usr/bin/env python3
"""Holds the arrows of docs/architecture.md: who may include whom. Prints every breach; exit status 1 when there is one.

Usage: include_arrows.py REPOSITORY
"""

import re
import sys
from pathlib import Path

MAX_LINES = 500
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
SOURCES = {".cpp", ".hpp", ".c", ".h"}
FOLDERS = ["core", "backends", "tools", "tests", "benchmarks", "fuzz"]
OTHERS = ("tests/", "benchmarks/", "fuzz/")

# Whoever lies under the first prefix that fits may reach only these prefixes of ours. Tests and benchmarks may reach all.
ARROWS = [
    ("core/include/", ["core/include/"]),
    ("core/src/", ["core/include/", "core/src/"]),
    ("core/compare/include/", ["core/include/", "core/import/include/", "core/compare/include/"]),
    ("core/compare/", ["core/include/", "core/import/include/", "core/compare/"]),
    ("core/conformance/include/", ["core/include/", "core/conformance/include/"]),
    ("core/conformance/", ["core/include/", "core/src/layer_row.hpp", "core/conformance/"]),
    ("core/import/include/", ["core/include/", "core/import/include/"]),
    ("core/import/", ["core/include/", "core/src/did_you_mean.hpp", "core/src/limits.hpp", "core/src/utf8.hpp",
                      "core/import/"]),
    ("core/measure/include/", ["core/include/", "core/import/include/", "core/measure/include/"]),
    ("core/measure/", ["core/include/", "core/src/did_you_mean.hpp", "core/import/include/", "core/import/text_file.hpp",
                       "core/measure/"]),
    ("backends/onednn/", ["core/include/", "core/measure/include/", "backends/onednn/", "backends/entries.hpp"]),
    ("core/calibrate/include/", ["core/include/", "core/import/include/", "core/compare/include/", "core/calibrate/include/"]),
    ("core/calibrate/", ["core/include/", "core/import/include/", "core/compare/include/", "core/calibrate/"]),
    ("backends/", ["core/include/", "backends/"]),
    ("tools/c/include/", ["core/include/", "tools/c/include/"]),
    ("tools/", ["core/include/", "core/compare/include/", "core/conformance/include/", "core/import/include/",
                "core/measure/include/", "core/calibrate/include/", "tools/"]),
]
# Installed headers, which see only these libraries beside the standard one.
INSTALLED = ("core/include/", "core/compare/include/", "core/conformance/include/", "tools/c/include/", "core/import/include/",
             "core/measure/include/", "core/calibrate/include/")
INSTALLED_LIBRARIES = ("tl/",)
C_LIBRARY = {"stddef.h", "stdint.h"}  # of headers for C
GENERATED = {"hwcost/export.hpp"}
# Where a quoted include may be found, besides beside the file.
ROOTS = ["core/include", "core/compare/include", "core/conformance/include", "tools/c/include", "core/import/include", "core/src", "core/import",
         "core/import/onnx", "core/import/table", "core/import/json",
         "core/measure/include", "core/measure", "backends/onednn", "core/calibrate/include", "core/calibrate",
         "backends", "tools"]


def resolve(repository, file, name):
    """The included file of ours, relative to the repository; None where it is none of ours."""
    for folder in [file.parent, *(repository / root for root in ROOTS)]:
        candidate = (folder / name).resolve()
        if candidate.is_file() and candidate.is_relative_to(repository):
            return candidate.relative_to(repository).as_posix()
    return None


def rule_for(path):
    return next((allowed for prefix, allowed in ARROWS if path.startswith(prefix)), None)


def include_breaches(repository, file, path, number, line):
    match = INCLUDE.match(line)
    if not match:
        return
    name, quoted = match.group(1) or match.group(2), match.group(1) is not None
    target = resolve(repository, file, name)
    allowed = rule_for(path)
    if target is not None and allowed is not None:
        if not any(target.startswith(prefix) for prefix in allowed):
            yield f"{path}:{number}: includes {target}, which is above it"
    if target is not None and target.startswith("backends/") and not path.startswith(("backends/", *OTHERS)):
        yield f"{path}:{number}: includes {target}, which only backends may"
    if target is not None and target.startswith("tools/") and not path.startswith(("tools/", *OTHERS)):
        yield f"{path}:{number}: includes {target}: nothing includes the command's files"
    if path.startswith(INSTALLED) and target is None and name not in GENERATED:
        standard = not quoted and "/" not in name and "." not in name
        standard = standard or (file.suffix == ".h" and not quoted and name in C_LIBRARY)
        if not standard and not name.startswith(INSTALLED_LIBRARIES):
            yield f"{path}:{number}: an installed header includes {name}: only the standard library and tl::expected may be"
    if quoted and target is None and name not in GENERATED:
        yield f"{path}:{number}: {name} is not found"


def breaches(repository):
    """Sentences, one a breach."""
    repository = repository.resolve()
    for folder in FOLDERS:
        for file in sorted((repository / folder).rglob("*")):
            if file.suffix not in SOURCES:
                continue
            path = file.relative_to(repository).as_posix()
            lines = file.read_text(encoding="utf-8").splitlines()
            if len(lines) > MAX_LINES:
                yield f"{path}: {len(lines)} lines: a file of more than {MAX_LINES} has two subjects"
            if file.suffix in {".hpp", ".h"} and "#pragma once" not in lines:
                yield f"{path}: has no #pragma once"
            for number, line in enumerate(lines, start=1):
                yield from include_breaches(repository, file, path, number, line)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(breaches(Path(sys.argv[1])))
    print("\n".join(found) or "every arrow holds")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
