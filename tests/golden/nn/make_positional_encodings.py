"""Writes sinusoidal_positional_encoding.json, learned_positional_encoding.json and
rotary_positional_encoding.json. Run: python make_positional_encodings.py"""
from module_cases import *


def sinusoidal(shape):
    channels = shape[-1]

    def f(x):
        places = torch.arange(shape[-2]).reshape(-1, 1)
        even = torch.arange(0, channels, 2)
        angles = places / torch.pow(10000, even / channels)
        table = torch.zeros(shape[-2], channels)
        table[:, 0::2] = torch.sin(angles)
        table[:, 1::2] = torch.cos(angles[:, :channels // 2])
        return x + table

    return function_case(f, [rand(*shape)], dict(channels=channels, max_length=max(1, shape[-2])))


write("sinusoidal_positional_encoding", [sinusoidal(shape) for shape in (
    (3, 4), (2, 3, 4), (1, 1), (5, 1), (4, 2), (7, 3), (2, 2, 3, 5), (1, 8), (0, 4), (0, 3, 2),
    (12, 6), (3, 0 + 7))])


class Learned(torch.nn.Module):
    def __init__(self, length, channels):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(length, channels))

    def forward(self, x):
        return x + self.weight[:x.shape[-2]]


write("learned_positional_encoding", [
    module_case(Learned(length, shape[-1]), [rand(*shape)],
                dict(max_length=length, channels=shape[-1]))
    for length, shape in ((3, (3, 4)), (5, (2, 3, 4)), (1, (1, 1)), (6, (5, 1)), (4, (4, 2)),
                          (8, (7, 3)), (3, (2, 2, 3, 5)), (2, (1, 8)), (3, (0, 4)),
                          (3, (0, 3, 2)), (2, (2, 1, 2)), (9, (3, 2)))])


def rotated(shape, base=10000.0, interleaved=True, offset=0):
    n = shape[-1] // 2

    def f(x):
        w = base ** (-torch.arange(0, 2 * n, 2) / (2 * n))
        angles = torch.outer(torch.arange(shape[-2]) + offset, w)
        if interleaved:  # a pair is a complex number
            pairs = torch.view_as_complex(x.reshape(*shape[:-1], n, 2))
            return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).reshape(
                shape)
        cosine, sine = torch.cos(angles).repeat(1, 2), torch.sin(angles).repeat(1, 2)
        turned = torch.cat([-x[..., n:], x[..., :n]], -1)
        return x * cosine + turned * sine

    return function_case(f, [rand(*shape)],
                         dict(base=base, interleaved=interleaved, offset=offset))


write("rotary_positional_encoding", [
    rotated((3, 4)), rotated((3, 4), interleaved=False), rotated((2, 3, 4)), rotated((1, 2)),
    rotated((2, 2, 3, 6), interleaved=False), rotated((2, 2, 3, 6)), rotated((4, 2), base=10.0),
    rotated((4, 8), base=500.0, interleaved=False), rotated((3, 4), offset=5),
    rotated((1, 4), offset=1000, interleaved=False), rotated((0, 4)), rotated((0, 3, 2)),
    rotated((9, 2), offset=2)])
