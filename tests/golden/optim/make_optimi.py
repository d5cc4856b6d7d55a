"""Writes the fixtures of the packages optimi and bitsandbytes for tests/optim/torch_state_test.cc.

Run: python make_optimi.py torch   (needs torch, torch-optimi 0.3.3 and bitsandbytes 0.50.2)
optimi_RULE.safetensors and bitsandbytes.safetensors are states after 7 (3) steps, packages.json
holds the parameters then and after as many more steps. All on the CPU.
"""
import json
import math
import sys

import bitsandbytes
import optimi
import torch

from torch_state import HALF, START, gradient, save

HYPER = {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.3}
OPTIMI = {
    "Adam": (optimi.Adam, {}),
    "AdamW": (optimi.AdamW, {}),
    "StableAdamW": (optimi.StableAdamW, {"triton": False}),
}
BIG, STEPS_8BIT = 4096, 3  # the least that bitsandbytes keeps in bytes


def run_optimi(rule, path):
    make, more = OPTIMI[rule]
    parameters = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START.values()]
    optimizer = make(parameters, **HYPER, **more)
    values = []
    for t in range(1, 2 * HALF + 1):
        for p in parameters:
            p.grad = torch.tensor([gradient(i, t) for i in range(p.numel())], dtype=torch.float64)
        optimizer.step()
        if t % HALF == 0:
            values.append([p.tolist() for p in parameters])
        if t == HALF:
            state = optimizer.state_dict()
            for group in state["param_groups"]:
                group["step"] = int(group["step"])
            save(state, path)
    return values


def run_bitsandbytes(path):
    start = [torch.tensor([math.sin(0.37 * i) for i in range(BIG)]), torch.tensor([0.5, -1.5])]
    parameters = [torch.nn.Parameter(x) for x in start]
    optimizer = bitsandbytes.optim.AdamW8bit(parameters, lr=0.01, betas=(0.8, 0.9), eps=1e-2,
                                             weight_decay=0)
    values = []
    for t in range(1, 2 * STEPS_8BIT + 1):
        for p in parameters:
            p.grad = torch.tensor([gradient(i, t) for i in range(p.numel())])
        optimizer.step()
        if t % STEPS_8BIT == 0:
            values.append([p.detach()[:64].tolist() for p in parameters])
        if t == STEPS_8BIT:
            state = optimizer.state_dict()
            for index, entry in state["state"].items():
                entry.update(entry.pop("__bnb_optimizer_quant_state__", {}))
            save(state, path)
            with torch.no_grad():  # in a file of their own size they would be most of the fixture
                values.append([p.detach().double().sum().item() for p in parameters])
    return values


def main():
    folder = sys.argv[1]
    values = {rule: run_optimi(rule, f"{folder}/optimi_{rule}.safetensors") for rule in OPTIMI}
    values["bitsandbytes"] = run_bitsandbytes(f"{folder}/bitsandbytes.safetensors")
    with open(f"{folder}/packages.json", "w") as file:
        json.dump(values, file, separators=(",", ":"))
        file.write("\n")


main()
