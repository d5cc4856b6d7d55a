"""Writes trajectories.json: parameter and state after each of 20 steps by torch.optim in float64.

Gradients do not depend on the parameters: element i of 3 gets gradient(i, t) in step t, so the
file holds results only.

Run: python make_trajectories.py > trajectories.json
"""
import json
import math
import sys

import torch

START = [0.7, -1.2, 0.05]
STEPS = 20


def gradient(i, t):
    """Falls by 100 and changes sign after step 8."""
    return (1 if t <= 8 else -0.01) * (math.sin(0.9 * i + 0.37 * t) + 0.2)


# Gradus's rule, its settings, torch's optimizer and settings, torch's names of the state arrays.
SGD, ADAM, RMS = torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop
NADAM, RADAM, ADAMAX = torch.optim.NAdam, torch.optim.RAdam, torch.optim.Adamax
M_V = {"m": "exp_avg", "v": "exp_avg_sq"}
S_V = {"s": "square_avg", "v": "momentum_buffer"}
S_A = {"s": "square_avg", "a": "grad_avg"}
STRONG = {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-2, "weight_decay": 0.3}
CASES = [
    ("SGD", {}, SGD, {}, {}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.3}, SGD, {}, {}),
    ("Momentum", {"lr": 0.1, "momentum": 0.9}, SGD, {}, {"v": "momentum_buffer"}),
    ("Momentum", {"lr": 0.1, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.3}, SGD, {},
     {"v": "momentum_buffer"}),
    ("Nesterov", {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.3}, SGD, {"nesterov": True},
     {"v": "momentum_buffer"}),
    ("AdaGrad", {"lr": 0.1, "eps": 1e-2, "weight_decay": 0.3}, torch.optim.Adagrad, {},
     {"s": "sum"}),
    ("AdaGrad", {"lr": 0.1, "lr_decay": 0.2, "initial_accumulator": 0.1}, torch.optim.Adagrad, {},
     {"s": "sum"}),
    ("Adadelta", {}, torch.optim.Adadelta, {}, {"s": "square_avg", "d": "acc_delta"}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-2, "weight_decay": 0.3}, torch.optim.Adadelta,
     {}, {"s": "square_avg", "d": "acc_delta"}),
    ("RMSProp", {}, torch.optim.RMSprop, {}, {"s": "square_avg"}),
    ("RMSProp", {"lr": 0.1, "alpha": 0.9, "eps": 1e-2, "weight_decay": 0.3}, torch.optim.RMSprop,
     {}, {"s": "square_avg"}),
    ("Adam", {}, ADAM, {}, {"m": "exp_avg", "v": "exp_avg_sq"}),
    ("Adam", {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-2, "weight_decay": 0.3}, ADAM, {},
     {"m": "exp_avg", "v": "exp_avg_sq"}),
    ("AMSGrad", {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-2, "weight_decay": 0.3}, ADAM,
     {"amsgrad": True}, {"m": "exp_avg", "v": "exp_avg_sq", "v_max": "max_exp_avg_sq"}),
    ("AdamW", {}, torch.optim.AdamW, {}, {"m": "exp_avg", "v": "exp_avg_sq"}),
    ("AdamW", {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-2, "weight_decay": 0.3},
     torch.optim.AdamW, {}, {"m": "exp_avg", "v": "exp_avg_sq"}),
    ("AMSGrad", {**STRONG, "decay_mode": 1}, torch.optim.AdamW, {"amsgrad": True},
     {**M_V, "v_max": "max_exp_avg_sq"}),
    ("RMSPropMomentum", {}, RMS, {"momentum": 0.9}, S_V),
    ("RMSPropMomentum", {"lr": 0.1, "alpha": 0.9, "momentum": 0.7, "eps": 1e-2,
                         "weight_decay": 0.3}, RMS, {}, S_V),
    ("CenteredRMSProp", {}, RMS, {"centered": True}, S_A),
    ("CenteredRMSProp", {"lr": 0.1, "alpha": 0.9, "eps": 1e-2, "weight_decay": 0.3}, RMS,
     {"centered": True}, S_A),
    ("CenteredRMSPropMomentum", {"lr": 0.1, "alpha": 0.9, "momentum": 0.7, "eps": 1e-2,
                                 "weight_decay": 0.3}, RMS, {"centered": True}, {**S_A, **S_V}),
    ("NAdam", {}, NADAM, {}, {**M_V, "mu_product": "mu_product"}),
    ("NAdam", {**STRONG, "momentum_decay": 0.5}, NADAM, {}, {**M_V, "mu_product": "mu_product"}),
    ("NAdam", {**STRONG, "decay_mode": 1}, NADAM, {"decoupled_weight_decay": True},
     {**M_V, "mu_product": "mu_product"}),
    ("RAdam", {}, RADAM, {}, M_V),
    ("RAdam", STRONG, RADAM, {}, M_V),
    ("RAdam", {**STRONG, "decay_mode": 1}, RADAM, {"decoupled_weight_decay": True}, M_V),
    ("Adamax", {}, ADAMAX, {}, {"m": "exp_avg", "u": "exp_inf"}),
    ("Adamax", STRONG, ADAMAX, {}, {"m": "exp_avg", "u": "exp_inf"}),
    ("Adafactor", {"form": 1, "eps1": 2.0**-52}, torch.optim.Adafactor, {}, {"v": "variance"}),
    ("Adafactor", {"form": 1, "eps1": 2.0**-52, "lr": 0.1, "beta2_decay": 0.7, "clip": 1.2,
                   "eps2": 0.2, "weight_decay": 0.3}, torch.optim.Adafactor,
     {"lr": 0.1, "beta2_decay": -0.7, "d": 1.2, "eps": (None, 0.2), "weight_decay": 0.3},
     {"v": "variance"}),
]
OTHER_NAMES = {"initial_accumulator": "initial_accumulator_value"}


def torch_settings(settings, further):
    """In torch's words; what Gradus leaves at its default stays at torch's default."""
    if "form" in settings:  # Adafactor's words are all others
        return further
    result = {OTHER_NAMES.get(k, k): v for k, v in settings.items()
              if not k.startswith("beta") and k != "decay_mode"}
    if "beta1" in settings:
        result["betas"] = (settings["beta1"], settings["beta2"])
    return {**result, **further}


def main():
    torch.set_default_dtype(torch.float64)  # else NAdam keeps mu_product in float32
    cases = []
    for rule, settings, optimizer_class, further, state in CASES:
        p = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        optimizer = optimizer_class([p], foreach=False, **torch_settings(settings, further))
        steps = []
        for t in range(1, STEPS + 1):
            p.grad = torch.tensor([gradient(i, t) for i in range(3)], dtype=torch.float64)
            optimizer.step()
            arrays = {ours: optimizer.state[p][theirs].tolist() for ours, theirs in state.items()}
            steps.append({"theta": p.tolist(), **arrays})
        cases.append({"rule": rule, "settings": settings, "steps": steps})
    golden = {"torch": torch.__version__.split("+")[0], "start": START, "cases": cases}
    text = json.dumps(golden, separators=(",", ":"))
    sys.stdout.write(text.replace('{"rule"', '\n{"rule"').replace("},{", "},\n{") + "\n")


main()
