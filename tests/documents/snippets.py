#!/usr/bin/env python3
"""Writes the C and C++ examples of documents to files, DOCUMENT_N.inc for the N-th of one, for programs that include them.

Usage: snippets.py OUTPUT_FOLDER DOCUMENT... -- PROGRAM...

An example that no program includes is an error: it would be compiled by nobody.
"""

import re
import sys
from pathlib import Path

EXAMPLE = re.compile(r"^```(?:c|cpp)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main():
    arguments = sys.argv[1:]
    border = arguments.index("--")
    output, documents = Path(arguments[0]), [Path(name) for name in arguments[1:border]]
    programs = "".join(Path(name).read_text(encoding="utf-8") for name in arguments[border + 1:])
    output.mkdir(parents=True, exist_ok=True)
    for document in documents:
        for number, example in enumerate(EXAMPLE.findall(document.read_text(encoding="utf-8")), start=1):
            name = f"{document.stem.lower().replace('-', '_')}_{number}.inc"
            if f"<{name}>" not in programs:
                sys.exit(f"{document}: example {number} is in no program: {name}")
            (output / name).write_text(example, encoding="utf-8")


if __name__ == "__main__":
    main()
