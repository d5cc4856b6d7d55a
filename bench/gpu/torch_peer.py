"""The cases of cases.cc in PyTorch, with the same names, as JSON. Needs a GPU and PyTorch."""

import json
import statistics
import time

import torch
import torch.nn.functional as F

DEVICE = "cuda"
cases = []


def run(name, step, variant=""):
    """The median of seven means of wall time, each over at least 20 ms, as in cases.cc."""

    def repeat(count):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(count):
            step()
        torch.cuda.synchronize()
        return time.perf_counter() - start

    repeat(3)
    count = 1
    while repeat(count) < 20e-3:
        count *= 2
    seconds = statistics.median(repeat(count) / count for _ in range(7))
    cases.append({"name": name, "variant": variant, "seconds": seconds})


def numbers(*shape):
    """In [-1, 1), as in cases.cc: a product's speed depends on them."""
    return torch.rand(*shape, device=DEVICE) * 2 - 1


def elements_and_rows():
    n = 1 << 27
    x, y = numbers(n), numbers(n)
    run("copy", lambda: y.copy_(x))
    run("add", lambda: x + y)
    run("relu", lambda: torch.relu(x))
    run("exp", lambda: torch.exp(x))
    run("gelu", lambda: F.gelu(x))
    # Into rows: PyTorch would keep the order of the operands, and so read neighbours.
    out = torch.empty(64, n // 64, device=DEVICE)
    xt, yt = x.view(n // 64, 64).t(), y.view(n // 64, 64).t()
    run("add strided", lambda: torch.add(xt, yt, out=out))
    for columns in (1024, 8192):
        rows = x.view(n // columns, columns)
        weight, bias = torch.rand(columns, device=DEVICE), torch.rand(columns, device=DEVICE)
        run(f"softmax {columns}", lambda: torch.softmax(rows, -1))
        run(f"layer_norm {columns}", lambda: F.layer_norm(rows, (columns,), weight, bias))


def products():
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    types = {"float32": torch.float32, "float64": torch.float64}
    types |= {"bfloat16": torch.bfloat16, "float16": torch.float16}
    for name, dtype in types.items():
        x, y = (numbers(4096, 4096).to(dtype) for _ in range(2))
        run(f"matmul {name}", lambda: x @ y)


def optimizer():
    tensors, total = 300, 100_000_000
    parameters = []
    for i in range(tensors):
        size = total // tensors // 2 + i * (total // tensors) // (tensors - 1)
        p = torch.rand(size, device=DEVICE, requires_grad=True)
        p.grad = torch.rand(size, device=DEVICE)
        parameters.append(p)
    for variant in ("fused", "foreach"):
        adamw = torch.optim.AdamW(parameters, **{variant: True})
        run("AdamW", adamw.step, variant)


def small_mlp():
    x = torch.rand(64, 784, device=DEVICE)
    t = torch.randint(0, 10, (64,), device=DEVICE)
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
    ).to(DEVICE)
    for variant in ("fused", "foreach"):
        adam = torch.optim.Adam(model.parameters(), **{variant: True})

        def step():
            F.cross_entropy(model(x), t).backward()
            adam.step()
            adam.zero_grad()

        run("mlp_step", step, variant)


if __name__ == "__main__":
    with torch.no_grad():
        elements_and_rows()
        products()
        optimizer()
    small_mlp()
    card = torch.cuda.get_device_name(0)
    print(json.dumps({"torch": torch.__version__, "card": card, "cases": cases}, indent=2))
