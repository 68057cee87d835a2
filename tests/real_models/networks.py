"""The networks that tools/export-models exports: by name, how to build one, its inputs, and how to export it."""

from dataclasses import dataclass, field
from typing import Callable

import torch
import torchvision
from torch import nn

IMAGE = (1, 3, 224, 224)


@dataclass
class Network:
    name: str
    build: Callable[[], nn.Module]
    shapes: tuple = (IMAGE,)
    opset: int = 13
    quantised: str = ""  # "static": torch's eager mode; "fake": fake quantisers as training inserts them
    dynamic_axes: dict = field(default_factory=dict)
    integer_below: int = 0  # inputs are integers below it (tokens); else floats
    macs_on_constants: int = 0  # torch does them in every run; they are folded in the file's import
    data_dependent: bool = False  # how much it computes depends on the values: no MACs are stated


class PlainOutputs(nn.Module):
    """A network's main output, or all of a list, with gradients on, so that torch takes no opaque fast path."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, *inputs):
        with torch.enable_grad():
            result = self.network(*inputs)
        if isinstance(result, dict):
            return next(iter(result.values()))
        return tuple(result) if isinstance(result, list) else result


class Detections(nn.Module):
    """All that a detector finds, as a tuple of tensors."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, image):
        return tuple(self.network([image[0]])[0].values())


class Recurrent(nn.Module):
    """A recurrent layer's sequence and a linear layer on its last step."""

    def __init__(self, layer, features, batch_first):
        super().__init__()
        self.layer, self.batch_first = layer, batch_first
        self.head = nn.Linear(features, 10)

    def forward(self, sequence):
        result, _ = self.layer(sequence)
        return self.head(result[:, -1] if self.batch_first else result[-1])


class TokenClassifier(nn.Module):
    """Embedding, encoder layers, mean over the tokens, classes."""

    def __init__(self, encoder, width, batch_first):
        super().__init__()
        self.embedding, self.encoder, self.head = nn.Embedding(1000, width), encoder, nn.Linear(width, 5)
        self.axis = 1 if batch_first else 0

    def forward(self, tokens):
        return self.head(self.encoder(self.embedding(tokens)).mean(self.axis))


class Upsampler(nn.Module):
    """Transposed convolutions, grouped and dilated, and bilinear resizing to a computed size."""

    def __init__(self):
        super().__init__()
        self.first = nn.ConvTranspose2d(8, 12, 3, stride=2, padding=1, output_padding=1, groups=4)
        self.second = nn.ConvTranspose2d(12, 6, 4, stride=2, dilation=2)
        self.third = nn.Conv2d(6, 4, 3, padding=2, dilation=2)

    def forward(self, image):
        grown = torch.relu(self.second(torch.relu(self.first(image))))
        size = [side // 2 for side in grown.shape[-2:]]
        return self.third(nn.functional.interpolate(grown, size=size, mode="bilinear", align_corners=False))


def _torchvision(name, **options):
    return lambda: PlainOutputs(torchvision.models.get_model(name, weights=None, **options))


def _classifier(name, **options):
    return Network(name, lambda: torchvision.models.get_model(name, weights=None), **options)


CLASSIFIERS = (
    "alexnet vgg11 vgg16_bn resnet18 resnet50 resnext50_32x4d wide_resnet50_2 mobilenet_v2 mobilenet_v3_small "
    "mobilenet_v3_large shufflenet_v2_x0_5 shufflenet_v2_x1_0 squeezenet1_0 squeezenet1_1 densenet121 efficientnet_b0 "
    "efficientnet_v2_s mnasnet0_5 mnasnet1_0 regnet_x_400mf regnet_y_400mf convnext_tiny"
).split()


def _recurrent(kind, name, batch_first=False, input_size=24, hidden=32, directions=1, steps=17, **options):
    bidirectional = directions == 2
    shape = (3, steps, input_size) if batch_first else (steps, 3, input_size)
    build = lambda: Recurrent(
        kind(input_size, hidden, bidirectional=bidirectional, batch_first=batch_first, **options),
        hidden * directions if "proj_size" not in options else options["proj_size"] * directions, batch_first)
    return Network(name, build, (shape,))


def _encoder(name, heads=4, width=48, batch_first=False, opset=13, dynamic_axes=None, **options):
    def build():
        layer = nn.TransformerEncoderLayer(width, heads, 96, batch_first=batch_first, **options)
        return PlainOutputs(TokenClassifier(nn.TransformerEncoder(layer, 2), width, batch_first))

    shape = (2, 19) if batch_first else (19, 2)
    return Network(name, build, (shape,), opset, integer_below=1000, dynamic_axes=dynamic_axes or {})


def _all_networks():
    yield from (_classifier(name) for name in CLASSIFIERS)
    yield Network("googlenet", _torchvision("googlenet", init_weights=False, aux_logits=False, transform_input=False))
    yield Network("inception_v3", _torchvision("inception_v3", init_weights=False, aux_logits=True), ((1, 3, 299, 299),))
    for name, opset in (("vit_b_16", 14), ("swin_t", 13), ("swin_v2_t", 13), ("maxvit_t", 13)):
        yield Network(name, _torchvision(name), opset=opset)
    for opset in (9, 10, 11, 12, 14, 15, 16, 17):
        yield Network(f"mobilenet_v3_small_op{opset}", _torchvision("mobilenet_v3_small"), opset=opset)
    for opset in (9, 11, 17):
        yield Network(f"shufflenet_v2_x0_5_op{opset}", _torchvision("shufflenet_v2_x0_5"), opset=opset)
    for opset in (9, 11, 16, 17):
        yield Network(f"upsampler_op{opset}", Upsampler, ((1, 8, 13, 17),), opset)
    for name in ("r3d_18", "mc3_18", "r2plus1d_18"):
        yield Network(name, _torchvision(name), ((1, 3, 8, 64, 64),))
    yield Network("s3d", _torchvision("s3d"), ((1, 3, 16, 224, 224),))
    yield Network("mvit_v1_b", _torchvision("mvit_v1_b"), ((1, 3, 16, 224, 224),))
    first_flow = 16 * 16 * (2 * 64 * 7 * 7 + 64 * 32 * 3 * 3)  # two convolutions of the flow before the first step: 0
    yield Network("raft_small", _torchvision("raft_small"), ((1, 3, 128, 128), (1, 3, 128, 128)), 16,
                  macs_on_constants=first_flow)

    free_image = {"input_0": {0: "batch", 2: "height", 3: "width"}}
    for name in ("resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "swin_t"):
        yield Network(f"{name}_dynamic", _torchvision(name), dynamic_axes=free_image)
    backbones = {"weights_backbone": None}
    for name in ("fcn_resnet50", "deeplabv3_mobilenet_v3_large", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large"):
        yield Network(name, _torchvision(name, **backbones))
    yield Network("lraspp_mobilenet_v3_large_dynamic", _torchvision("lraspp_mobilenet_v3_large", **backbones),
                  dynamic_axes=free_image)
    for name in ("ssdlite320_mobilenet_v3_large", "ssd300_vgg16", "retinanet_resnet50_fpn", "fcos_resnet50_fpn",
                 "fasterrcnn_mobilenet_v3_large_320_fpn", "maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn"):
        yield Network(name, lambda name=name: Detections(torchvision.models.get_model(name, weights=None, **backbones)),
                      ((1, 3, 320, 320),), 11, data_dependent=True)

    for kind in (nn.LSTM, nn.GRU, nn.RNN):
        name = kind.__name__.lower()
        yield _recurrent(kind, name)
        yield _recurrent(kind, f"{name}_batch_first", batch_first=True)
        yield _recurrent(kind, f"{name}_bidirectional_2_layers", directions=2, num_layers=2)
        yield _recurrent(kind, f"{name}_no_bias_batch_first_bidirectional", batch_first=True, directions=2, bias=False)
    for opset in (9, 17):
        yield _encoder(f"transformer_encoder_op{opset}", opset=opset)
    yield _encoder("transformer_encoder_batch_first", batch_first=True)
    yield _encoder("transformer_encoder_gelu_norm_first", activation="gelu", norm_first=True, opset=14)
    yield _encoder("transformer_encoder_dynamic", batch_first=True,
                   dynamic_axes={"input_0": {0: "batch", 1: "length"}})

    for name in ("resnet18", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x0_5", "googlenet", "inception_v3"):
        shapes = ((1, 3, 299, 299),) if name == "inception_v3" else (IMAGE,)
        yield Network(f"{name}_static_int8", lambda name=name: quantizable(name), shapes, quantised="static")
    for name in ("resnet18", "mobilenet_v2"):
        yield Network(f"{name}_fake_int8", lambda name=name: quantizable(name), quantised="fake")


def quantizable(name):
    options = {"init_weights": False, "aux_logits": False} if name in ("googlenet", "inception_v3") else {}
    return torchvision.models.quantization.__dict__[name](weights=None, quantize=False, **options)


NETWORKS = list(_all_networks())
