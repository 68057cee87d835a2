"""docs/onnx-models.md, from the results of tools/check-models."""

from collections import Counter

HEAD = """# What real ONNX files become

Written by `tools/check-models --document docs/onnx-models.md`, after `tools/fetch-models` and `tools/export-models`; not by hand.

- **layers**: priced / approximated / unsupported by `--hw counts`.
- **MACs**: `=` after those that equal what torch did while it ran the exported network (convolutions, matrix products, steps of
  recurrent layers, watched operator by operator), `==` where they do so layer by layer too.
- **shapes**: how many tensors have the shape that libonnx {version} infers by itself or, in libonnx-testdata, that a recorded run
  gave. `none`: it infers nothing here. Weights are not among them.
- Free dimensions were bound as `tests/real_models/input_shapes.json` or, of exported networks, the export says.

"""


def _macs(result):
    if result.macs is None:
        return ""
    equal = result.model.macs is not None and result.macs == result.model.macs
    return f"{result.macs:,}" + (" ==" if equal and result.layer_by_layer else " =" if equal else "")


def _row(result):
    shapes = result.compared or "none"
    if result.error:
        return f"| {result.model.name} | | | {result.error} | |"
    counts = " / ".join(str(count) for count in result.statuses.values())
    unknown = f", {result.unknown_shapes} unknown" if result.unknown_shapes else ""
    return f"| {result.model.name} | {result.layers} | {counts} | {_macs(result)} | {shapes}{unknown} |"


def _table(results):
    lines = ["| file | layers | priced / approximated / unsupported | MACs | shapes |", "|---|---|---|---|---|"]
    return lines + [_row(result) for result in results]


def _summary(source, results):
    read = [result for result in results if not result.error]
    layers = Counter()
    for result in read:
        layers.update(result.statuses)
    return (f"| {source} | {len(results)} | {len(read)} | {layers['priced']} / {layers['approximated']} / "
            f"{layers['unsupported']} | {sum(result.compared for result in results)} |")


def _unsupported(results):
    counts = Counter(reason for result in results for reason in result.general_reasons)
    files = Counter(reason for result in results for reason in set(result.general_reasons))
    lines = ["| operator | reason | layers | files |", "|---|---|---|---|"]
    return lines + [f"| {operator} | {reason} | {count} | {files[operator, reason]} |"
                    for (operator, reason), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _errors(results):
    return [f"- {result.model.name}: {result.error}" for result in results if result.error]


def write(results, not_exported, version):
    groups = {}
    for result in results:
        groups.setdefault(result.model.source, []).append(result)
    lines = ["| source | files | read | priced / approximated / unsupported | shapes compared |", "|---|---|---|---|---|"]
    lines += [_summary(source, group) for source, group in groups.items()]
    test_data = []
    for source, group in groups.items():
        if source.startswith("libonnx-testdata"):
            test_data += group
        else:
            lines += ["", f"## {source}", "", *_table(group)]
    if not_exported:
        lines += ["", "torch 1.13 does not export:", ""]
        lines += [f"- {name}: {reason}" for name, reason in sorted(not_exported.items())]
    if test_data:
        lines += ["", "## libonnx-testdata: files that are refused", "", *_errors(test_data)]
    for title, group in (("networks", [result for result in results if result not in test_data]),
                         ("libonnx-testdata", test_data)):
        if any(result.unsupported for result in group):
            lines += ["", f"## Unsupported in {title}", "", *_unsupported(group)]
    gaps = [f"- {result.model.source}, {result.model.name}: {result.gap}"
            for result in results if result.gap and result.model.is_data_dependent]
    if gaps:
        lines += ["", "## Behind what the values decide", "",
                  "What a box measures decides the shapes within these networks.", "", *gaps]
    faults = [f"- {result.model.source}, {result.model.name}: {fault}" for result in results for fault in result.faults]
    lines += ["", "## Differences", "", *(faults or ["None."])]
    return HEAD.format(version=version) + "\n".join(lines) + "\n"
