"""Writes linear.json: torch.nn.Linear. Run: python make_linear.py"""
from module_cases import *

sizes = [((4, 3), 2), ((3,), 2), ((1, 3), 2), ((0, 3), 2), ((5, 1), 1), ((2, 3, 2), 4),
         ((2, 2, 2, 3), 1)]
write("linear", [module_case(torch.nn.Linear(shape[-1], out, bias=bias), [rand(*shape)],
                             dict(in_features=shape[-1], out_features=out, bias=bias))
                 for shape, out in sizes for bias in (True, False)])
