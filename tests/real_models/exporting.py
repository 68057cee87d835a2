"""One network to an ONNX file without weights, and what torch computed of it."""

import copy

import onnx
import torch
from mac_counter import MacCounter
from torch.ao import quantization

LARGEST_KEPT = 64  # elements: larger weights become inputs of the graph, which is how files without weights look


def _inputs(network):
    if network.integer_below:
        return tuple(torch.randint(network.integer_below, shape) for shape in network.shapes)
    return tuple(torch.rand(shape) for shape in network.shapes)


def _count(model, inputs):
    with torch.enable_grad(), MacCounter() as counter:
        model(*inputs)
    return counter.products


def _quantise(model, inputs, kind):
    torch.backends.quantized.engine = "qnnpack"
    model = copy.deepcopy(model)
    if kind == "static":
        model.fuse_model(is_qat=False)
        model.qconfig = quantization.get_default_qconfig("qnnpack")
        quantization.prepare(model, inplace=True)
        model(*inputs)
        return quantization.convert(model, inplace=True)
    model.train()
    model.fuse_model(is_qat=True)
    # Not the fused fake quantisers of torch's default, which do not export.
    model.qconfig = quantization.QConfig(quantization.default_fake_quant, quantization.default_per_channel_weight_fake_quant)
    quantization.prepare_qat(model, inplace=True)
    model(*inputs)
    model.eval()
    model.apply(quantization.disable_observer)
    return model


def _strip(file):
    """Large float weights become inputs; the rest, and integers that may decide shapes, stays."""
    model = onnx.load(str(file))
    kept = []
    for weight in model.graph.initializer:
        elements = 1
        for extent in weight.dims:
            elements *= extent
        if elements <= LARGEST_KEPT or weight.data_type == onnx.TensorProto.INT64:
            kept.append(weight)
        else:
            model.graph.input.append(onnx.helper.make_tensor_value_info(weight.name, weight.data_type, weight.dims))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    onnx.save(model, str(file))


def export(network, file):
    """Writes `file`; gives the shapes of the inputs and the MACs of every product in call order."""
    model = network.build().eval()
    inputs = _inputs(network)
    products = [] if network.data_dependent else _count(model, inputs)
    if network.quantised:
        model = _quantise(model, inputs, network.quantised)
    names = [f"input_{position}" for position in range(len(inputs))]
    torch.onnx.export(model, inputs, str(file), opset_version=network.opset, input_names=names,
                      dynamic_axes=network.dynamic_axes)
    _strip(file)
    return {
        "inputs": {name: list(shape) for name, shape in zip(names, network.shapes)},
        "dynamic": sorted(network.dynamic_axes),
        "macs": None if network.data_dependent else sum(products) - network.macs_on_constants,
        "products": products,
    }
