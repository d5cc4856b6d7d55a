"""Writes conv1d.json, conv2d.json, conv_transpose1d.json, conv_transpose2d.json.

Run: python make_convolutions.py
"""
from module_cases import *

CLASSES = {name: getattr(torch.nn, layer) for name, layer in
           [("conv1d", "Conv1d"), ("conv2d", "Conv2d"), ("conv_transpose1d", "ConvTranspose1d"),
            ("conv_transpose2d", "ConvTranspose2d")]}


def of(name, shape, in_channels, out_channels, kernel_size, **options):
    module = CLASSES[name](in_channels, out_channels, kernel_size, **options)
    args = dict(in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size,
                **options, repr=repr(module))
    return module_case(module, [rand(*shape)], args)


for axes, conv, more in ((1, "conv1d", ()), (2, "conv2d", (4,))):
    def size(batch, channels, length, *height):
        return (*batch, channels, *(height or more), length)

    cases = [
        of(conv, size((2,), 2, 5), 2, 3, 3),
        of(conv, size((), 1, 5), 1, 2, 2, bias=False),
        of(conv, size((0,), 1, 4), 1, 2, 3, padding=1),
        of(conv, size((2,), 1, 5), 1, 2, 3, stride=2, padding=1),
        of(conv, size((1,), 2, 5), 2, 2, 3, padding=1, dilation=2, groups=2),
        of(conv, size((2,), 2, 4), 2, 4, 1, groups=2),
        of(conv, size((1,), 2, 4), 2, 4, 2, groups=2, stride=2),
        of(conv, size((1,), 1, 4), 1, 2, 3, padding="same"),
        of(conv, size((1,), 2, 4), 2, 1, 2, padding="same", dilation=3),
        of(conv, size((1,), 1, 5), 1, 1, 3, padding="valid"),
        of(conv, size((1,), 1, 4), 1, 2, 3, padding=1, padding_mode="reflect"),
        of(conv, size((2,), 1, 4), 1, 1, 2, padding=2, padding_mode="replicate", stride=2),
        of(conv, size((1,), 1, 4), 1, 1, 3, padding="same", padding_mode="circular"),
        of(conv, size((), 2, 4), 2, 1, 4, padding="same", padding_mode="replicate"),
    ]
    if axes == 2:
        cases += [
            of(conv, (1, 2, 4, 5), 2, 2, (3, 1), stride=(1, 2), padding=(1, 0)),
            of(conv, (1, 1, 5, 4), 1, 2, (2, 3), dilation=(2, 1), padding=(0, 2)),
            of(conv, (1, 1, 4, 3), 1, 1, 3, padding=(2, 1), padding_mode="circular", bias=False),
        ]
    write(conv, cases)

    transposed = conv.replace("conv", "conv_transpose")
    cases = [
        of(transposed, size((2,), 2, 3, *[2] * (axes - 1)), 2, 3, 3),
        of(transposed, size((), 1, 3), 1, 2, 2, bias=False),
        of(transposed, size((0,), 1, 3), 1, 2, 3, stride=2),
        of(transposed, size((1,), 1, 3), 1, 2, 3, stride=2, padding=1),
        of(transposed, size((1,), 1, 3), 1, 1, 3, stride=2, padding=1, output_padding=1),
        of(transposed, size((1,), 2, 3), 2, 2, 2, groups=2),
        of(transposed, size((1,), 2, 3), 2, 4, 2, groups=2, stride=2),
        of(transposed, size((1,), 1, 3), 1, 1, 3, dilation=2, padding=2),
        of(transposed, size((1,), 1, 2, *[2] * (axes - 1)), 1, 1, 2, dilation=3, output_padding=2),
        of(transposed, size((2,), 2, 2, *[3] * (axes - 1)), 2, 1, 1, stride=3, output_padding=2),
        of(transposed, size((2,), 1, 3), 1, 2, 3, padding=2),
        of(transposed, size((1,), 4, 2, *[2] * (axes - 1)), 4, 2, 3, groups=2, stride=2, padding=1,
           output_padding=1, dilation=2, bias=False),
    ]
    if axes == 2:
        cases += [
            of(transposed, (1, 1, 3, 2), 1, 2, (3, 2), stride=(1, 2), padding=(1, 0),
               output_padding=(0, 1)),
            of(transposed, (1, 2, 2, 3), 2, 1, (1, 3), dilation=(1, 2)),
        ]
    write(transposed, cases)
