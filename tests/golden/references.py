"""What the element-wise rules of tensor/elementwise are compared with.

`rules()` finds them in their headers; `function(name)` is PyTorch's, or where PyTorch has none or
one with fewer digits, that of the same mathematics written here.
"""
import math
import pathlib
import re

import mpmath
import torch
import torch.nn.functional as F


class Psi(torch.autograd.Function):
    """polygamma(n, x) by mpmath: PyTorch's of order 1 has 9 digits."""

    @staticmethod
    def forward(ctx, x, n):
        ctx.save_for_backward(x)
        ctx.n = n

        def one(v):
            if math.isnan(v) or v == -math.inf:
                return math.nan
            if v <= 0 and v == math.floor(v):
                if n == 0:
                    return math.nan if v < 0 else math.copysign(math.inf, -math.copysign(1, v))
                return math.inf if n % 2 else -math.inf
            if v == math.inf:
                return math.inf if n == 0 else 0.0
            return float(mpmath.psi(n, mpmath.mpf(v)))

        values = [one(v) for v in x.double().flatten().tolist()]
        return torch.tensor(values, dtype=torch.float64).reshape(x.shape).to(x.dtype)

    @staticmethod
    def backward(ctx, dy):
        return dy * Psi.apply(ctx.saved_tensors[0], ctx.n + 1), None


class Lgamma(torch.autograd.Function):
    """PyTorch's, with the derivative above."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.lgamma(x)

    @staticmethod
    def backward(ctx, dy):
        return dy * Psi.apply(ctx.saved_tensors[0], 0)


def gelu(x):
    """PyTorch computes (1 + erf) / 2, which loses the digits of negative x."""
    return 0.5 * x * torch.erfc(x * -math.sqrt(0.5))


def gelu_tanh(x):
    """Likewise, (1 + tanh u) / 2 = sigmoid(2u)."""
    return x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def logsigmoid(x):
    """PyTorch's derivative is that of another formula."""
    return -F.softplus(-x, threshold=math.inf)


def isclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """In PyTorch both have one dtype, and a half type is not computed in float32."""
    dtype = torch.result_type(a, b)
    if dtype in (torch.float16, torch.bfloat16):
        dtype = torch.float32
    return torch.isclose(a.to(dtype), b.to(dtype), rtol=rtol, atol=atol, equal_nan=equal_nan)


def huber(x, delta=1.0):
    return F.huber_loss(x, torch.zeros_like(x), delta=delta, reduction="none")


def log_loss(a, b):
    """PyTorch's refuses numbers that are no probabilities."""
    return (b - 1) * torch.log1p(-a).clamp(min=-100) - b * torch.log(a).clamp(min=-100)


def logistic_loss(a, b):
    """PyTorch's has other digits where the target is 1."""
    return torch.relu(a) - a * b + torch.log1p(torch.exp(-a.abs()))


OTHER = {
    "bitwise_not": lambda x: torch.bitwise_not(x),
    "digamma": lambda x: Psi.apply(x, 0),
    "equal": torch.eq,
    "floor_divide": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    # PyTorch's derivative is a float32 1/6 in float64 too.
    "hardsigmoid": lambda x: F.relu6(x + 3) / 6,
    "huber": huber,
    "isclose": isclose,
    "lgamma": Lgamma.apply,
    "log_loss": log_loss,
    "logistic_loss": logistic_loss,
    "not_equal": torch.ne,
    "polygamma": lambda x, n=1: Psi.apply(x, n),
    # PyTorch takes a list of slopes, one per channel.
    "prelu": lambda x, w: torch.where(x > 0, x, w * x),
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "threshold": lambda x, threshold=0.0, value=0.0: F.threshold(x, threshold, value),
}


def function(name):
    return OTHER.get(name) or getattr(torch, name, None) or getattr(F, name)


class Rule:
    def __init__(self, text):
        found = re.search(r"^GRADUS_([A-Z_]+)\(\w+, (\w+)\);", text, re.M)
        self.kind, self.name = found[1].removesuffix("_WITH"), found[2]
        self.domain = re.search(r"Domain::k(\w+)", text)[1]
        self.has_parameters = found[1].endswith("_WITH")
        # Refuses some whole numbers as second operand.
        self.checks_b = "static void check(" in text


def rules():
    headers = pathlib.Path(__file__).parents[2] / "tensor" / "elementwise"
    return [Rule(header.read_text()) for header in sorted(headers.glob("*.h"))]
