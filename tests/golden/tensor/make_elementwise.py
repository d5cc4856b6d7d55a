"""Writes add.json: element-wise functions by PyTorch.

Run: python make_elementwise.py
"""
import torch

from cases import Throws, binary_operands, plain_cases, write


def numeric(function):
    """Rules of Domain::kNumeric take no two bools."""
    def apply(a, b):
        if torch.result_type(a, b) == torch.bool:
            raise Throws("DTypeError")
        return function(a, b)
    return apply


def main():
    write("add", plain_cases(binary_operands("real")), numeric(torch.add), rtol={},
          broadcasting=True, zero_signs=True)


main()
