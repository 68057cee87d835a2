#!/usr/bin/env python3
"""What README.md shows is what the command prints: runs each `$ hwcost ...` of its console blocks and compares.

Usage: readme_test.py REPOSITORY HWCOST. Only the folder of the descriptions may differ.
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path

CONSOLE = re.compile(r"^```console\n\$ hwcost (.*)\n((?:.*\n)*?)```$", re.MULTILINE)
FOLDER = re.compile(r"[^ ]*/hw_descriptions/")


def comparable(text):
    return [FOLDER.sub("hw_descriptions/", line).rstrip() for line in text.rstrip().splitlines()]


def main():
    repository, hwcost = sys.argv[1:]
    shown = CONSOLE.findall((Path(repository) / "README.md").read_text(encoding="utf-8"))
    if not shown:
        sys.exit("README.md shows no command")
    for arguments, expected in shown:
        run = subprocess.run([hwcost, *arguments.split()], cwd=repository, capture_output=True, text=True, check=False)
        difference = list(difflib.unified_diff(comparable(expected), comparable(run.stdout), "README.md", "hwcost", lineterm=""))
        if run.returncode != 0 or difference:
            sys.exit("\n".join([f"hwcost {arguments}: exit status {run.returncode}", run.stderr, *difference]))


if __name__ == "__main__":
    main()
