"""Small networks that the tests of hwcost.torch trace."""

import torch
from torch import nn
from torch.nn import functional as F


class Functional(nn.Module):
    """Layers that are no modules: a residual add, a concatenation, a product of activations, F.linear."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.matrix = nn.Parameter(torch.randn(5, 8))

    def forward(self, image):
        image = F.relu(self.conv(image) + image)
        image = torch.cat([image, image * 2.0], dim=1)
        scores = torch.matmul(image.flatten(2), image.flatten(2).transpose(1, 2))
        return F.linear(scores, self.matrix)


class WithWidths(nn.Conv2d):
    """A convolution that quantises its weights itself and says the widths as attributes."""

    def __init__(self, *arguments, weight_bits, act_bits, **options):
        super().__init__(*arguments, **options)
        self.weight_bits, self.act_bits = weight_bits, act_bits

    def forward(self, image):
        top = 2.0 ** (self.weight_bits - 1) - 1
        scale = self.weight.abs().max() / top
        weight = torch.clamp(torch.round(self.weight / scale), -top, top) * scale
        return self._conv_forward(image, weight, self.bias)


class BitWidthMethods(nn.Linear):
    """Says its widths as Brevitas does."""

    def quant_weight_bit_width(self):
        return torch.tensor(3.0)

    def quant_input_bit_width(self):
        return torch.tensor(5.0)


class ActivationQuantizer(nn.Module):
    """Arithmetic that no layer should be made of: it is a quantiser by name and attribute."""

    def __init__(self, bits):
        super().__init__()
        self.bits = bits

    def forward(self, value):
        top = 2.0**self.bits - 1
        return torch.clamp(torch.round(value * top), 0, top) / top


def small_network(channels=8, batch_norm=False):
    """Two convolutions and a linear layer on 8x8 images of one channel."""
    norm = [nn.BatchNorm2d(channels)] if batch_norm else []
    return nn.Sequential(nn.Conv2d(1, channels, 3, padding=1), *norm, nn.ReLU(),
                         nn.Conv2d(channels, 2 * channels, 3, stride=2), nn.ReLU(),
                         nn.Flatten(), nn.Linear(2 * channels * 9, 10))  # fmt: skip


def depthwise_network():
    """A depthwise layer behind one that may lose channels, with more channels than a tile of NE16 has."""
    return nn.Sequential(nn.Conv2d(1, 48, 3, padding=1), nn.ReLU(), nn.Conv2d(48, 48, 3, padding=1, groups=48), nn.ReLU(),
                         nn.Conv2d(48, 10, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())  # fmt: skip
