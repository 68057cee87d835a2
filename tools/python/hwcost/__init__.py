"""What a neural network costs on described hardware.

>>> graph = Graph([Layer("linear", name="fc", in_channels=64, out_channels=10, bias=1)])
>>> evaluate(graph, load_machine("mpic")).totals["latency_cycles"]
309.5238095238095
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Optional, Union

from hwcost import _core
from hwcost._core import (
    ExpectedCost,
    Graph,
    Layer,
    LayerReport,
    Machine,
    ModuleReport,
    NetworkReport,
    PriceTable,
    Refinement,
    __version__,
)
from hwcost.errors import InputError, Unsupported
from hwcost.soft import ActivationQuantizer, SoftChannels, WeightQuantizer
from hwcost.widths import Widths

__all__ = [
    "ActivationQuantizer",
    "ExpectedCost",
    "Graph",
    "InputError",
    "Layer",
    "LayerReport",
    "Machine",
    "ModuleReport",
    "NetworkReport",
    "PriceTable",
    "Refinement",
    "SoftChannels",
    "Unsupported",
    "WeightQuantizer",
    "__version__",
    "assignment_table",
    "channel_ties",
    "descriptions",
    "evaluate",
    "extent_names",
    "load_machine",
    "load_model",
    "load_price_table",
    "machine_names",
    "operators",
    "read_layer_table",
    "refine",
]

PathLike = Union[str, "os.PathLike[str]"]
Paths = Union[PathLike, Sequence[PathLike]]


def descriptions() -> Path:
    """The folder of the descriptions that are installed with this package.

    >>> (descriptions() / "mpic.info").exists()
    True
    """
    packaged = Path(__file__).parent / "hw_descriptions"
    return packaged if packaged.is_dir() else Path(_core.installed_descriptions())


def _paths(given: Paths) -> list[str]:
    return [os.fspath(path) for path in ([given] if isinstance(given, (str, os.PathLike)) else given)]


def _search_path(search: Paths) -> list[str]:
    return [*_paths(search), str(descriptions())]


def machine_names(search: Paths = ()) -> list[str]:
    """Names of the machines in the folders of `search` and of those shipped, sorted.

    >>> "mpic" in machine_names()
    True
    """
    return _core.machine_names(_search_path(search))


def load_machine(name: PathLike, search: Paths = (), plugins: Paths = ()) -> Machine:
    """The machine of that name, looked for in the folders of `search` and then among those shipped, or at that path.

    A path has a '/' or ends in ".info". `plugins` are files of shared objects with backends of their own (plugin.h): they
    are code, which runs as part of this process. Raises InputError with file and line: a fault in the description; or
    the fault of a plugin.

    >>> load_machine("mpic")
    <hwcost.Machine 'mpic', backend mac_table>
    """
    return _core.load_machine(os.fspath(name), _search_path(search), _paths(plugins))


def load_model(
    file: PathLike,
    *,
    batch: Optional[int] = None,
    input_shapes: Optional[Mapping[str, Sequence[int]]] = None,
) -> Graph:
    """Reads an ONNX file, a layer table (.csv) or the neutral form (.json).

    `batch` binds the free leading dimension of an ONNX model's inputs, `input_shapes` the shapes of inputs by name, or
    one extent by the name of a free dimension. Weights are never read. Raises InputError with the place.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "net.csv")
    ...     _ = file.write_text("name,op,in_channels,out_channels\\nfc,linear,64,10\\n")
    ...     load_model(file).layers
    [Layer('linear', name='fc', in_channels=64, out_channels=10, w_bits=8, in_bits=8, out_bits=8)]
    """
    shapes = {name: [float(extent) for extent in shape] for name, shape in (input_shapes or {}).items()}
    return _core.read_model_file(os.fspath(file), batch, shapes)


def load_price_table(file: PathLike) -> PriceTable:
    """Reads what PriceTable.save wrote. Raises InputError with the file.

    >>> import tempfile
    >>> graph = Graph([Layer("linear", name="fc", in_channels=64, out_channels=10)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "table.json")
    ...     PriceTable(graph, load_machine("mpic"), [(8, 8)]).save(file)
    ...     load_price_table(file).layers
    ['fc']
    """
    return _core.load_price_table(os.fspath(file))


def read_layer_table(text: str, name: str = "layer table") -> Graph:
    """The network of a layer table's text, a layer a row; `name` stands in errors. Output sizes are computed.

    >>> text = "op,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w\\nconv2d,3,8,9,9,2,2\\n"
    >>> read_layer_table(text).layers[0].extents["out_height"]
    8.0
    """
    return _core.read_table(text, name)


def evaluate(
    model: Union[Graph, PathLike],
    machine: Union[Machine, PathLike],
    *,
    formula: Optional[str] = None,
    optimizer: str = "adam",
) -> NetworkReport:
    """Prices every layer of a network on a machine; either may be given by its name.

    `formula` is an expression of a layer's quantities, such as "macs*w_bits^2*a_bits", reported as `cost`; `optimizer`
    ("sgd", "momentum", "adam") is the one whose state training memory holds. Never raises for what a machine cannot do:
    such a layer's status is "unsupported", with the reason. Raises InputError where a file or the formula is wrong.

    >>> graph = Graph([Layer("linear", in_channels=64, out_channels=10, w_bits=4)])
    >>> evaluate(graph, "counts", formula="macs*w_bits").totals["cost"]
    2560.0
    """
    graph = model if isinstance(model, Graph) else load_model(model)
    priced_on = machine if isinstance(machine, Machine) else load_machine(machine)
    return _core.evaluate(graph, priced_on, formula, optimizer)


def refine(
    model: Graph,
    widths: Widths,
    machine: Machine,
    *,
    metric: Optional[str] = None,
    formula: Optional[str] = None,
    more_widths: Sequence[int] = (),
    scores: Optional[Mapping[str, Sequence[float]]] = None,
) -> Refinement:
    """Raises output channels to wider weights where their layer gets no dearer by it.

    `widths` as Graph.assign takes them; `metric` must not rise (the machine's first where it is None, `cost` with a
    `formula`); `more_widths` may be used beside those that a layer has; `scores`, {layer: one a channel}, say which
    channels are raised first. Raises InputError as Graph.assign does.

    >>> graph = Graph([Layer("linear", name="fc", in_channels=64, out_channels=40)])
    >>> refine(graph, {"fc": {2: 4, 8: 36}}, load_machine("ne16-plinio")).widths
    {'fc': {'w_bits': {8: 40}}}
    """
    return _core.refine(
        model, widths, machine, metric, formula, [float(bits) for bits in more_widths],
        {layer: [float(score) for score in of_layer] for layer, of_layer in (scores or {}).items()},
    )  # fmt: skip


def channel_ties(graph: Graph) -> tuple[list[list[str]], dict[str, str]]:
    """(groups, fixed): layers that lose the same output channels, as adds and the like force it; and {layer: reason} of
    those that can lose none.

    >>> graph = Graph([Layer("linear", name="fc", in_channels=64, out_channels=10)])
    >>> channel_ties(graph)[0]
    [['fc']]
    """
    return _core.channel_ties(graph)


def assignment_table(widths: Widths) -> str:
    """The table `layer,w_bits,in_bits` that `hwcost price --assign` and `hwcost refine` take.

    >>> print(assignment_table({"conv": [8, 0, 4], "fc": {"w_bits": 4, "in_bits": 8}}), end="")
    layer,w_bits,in_bits
    conv,"8,0,4",
    fc,4,8
    """
    return _core.assignment_table(widths)


def operators() -> list[str]:
    """Names of all operators.

    >>> operators()[:2]
    ['conv1d', 'conv2d']
    """
    return _core.operators()


def extent_names(op: str) -> list[str]:
    """Names of an operator's extents, in the order of the library's own list.

    >>> extent_names("linear")
    ['batch', 'tokens', 'in_channels', 'out_channels', 'bias']
    """
    return _core.extent_names(op)


def _doctests_of_the_extension() -> dict[str, str]:
    tests = {}
    for owner in vars(_core).values():
        if not isinstance(owner, type):
            continue
        for name, member in {"": owner, **vars(owner)}.items():
            text = getattr(member, "__doc__", None) or ""
            if ">>>" in text:
                tests[f"{owner.__name__}.{name}".rstrip(".")] = text
    return tests


__test__ = _doctests_of_the_extension()
