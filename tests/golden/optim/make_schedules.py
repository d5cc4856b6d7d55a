"""Writes schedules.json: values of schedules at steps 0, 1, 2, ... from three kinds of source.

torch: torch.optim.lr_scheduler, stepped one by one. formula: the closed forms of transformers and
optax, written down here as their documentation states them, since the packages are not needed
otherwise. book: the values of d2l.json (10 digits).

Run: python make_schedules.py path/to/d2l.json > schedules.json
"""
import json
import math
import sys
import warnings

import torch
from torch.optim import lr_scheduler as torch_lr
from torch.optim.swa_utils import SWALR

warnings.simplefilter("ignore")
BASE = 0.4


def torch_values(make, steps, key="lr", lr=BASE, raises_at=None):
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0][key])
        if len(values) == raises_at:
            break
        optimizer.step()
        scheduler.step()
    return values


def torch_cases():
    L = torch_lr
    yield "Constant", {}, lambda o: L.ConstantLR(o), 10
    yield "Constant", {"factor": 0.25, "steps": 3}, lambda o: L.ConstantLR(o, 0.25, 3), 8
    yield "Linear", {}, lambda o: L.LinearLR(o), 10
    yield ("Linear", {"start_factor": 1, "end_factor": 0.2, "steps": 7},
           lambda o: L.LinearLR(o, 1.0, 0.2, 7), 12)
    yield "Exponential", {"gamma": 0.9}, lambda o: L.ExponentialLR(o, 0.9), 30
    yield "Step", {"every": 4}, lambda o: L.StepLR(o, 4), 20
    yield "Step", {"every": 3, "gamma": 0.5}, lambda o: L.StepLR(o, 3, 0.5), 20
    yield ("MultiStep", {"milestones": [3, 3, 8, 12], "gamma": 0.5},
           lambda o: L.MultiStepLR(o, [3, 3, 8, 12], 0.5), 20)
    yield "Polynomial", {}, lambda o: L.PolynomialLR(o), 10
    yield ("Polynomial", {"steps": 9, "power": 2.5}, lambda o: L.PolynomialLR(o, 9, 2.5), 14)
    yield "CosineAnnealing", {"steps": 10}, lambda o: L.CosineAnnealingLR(o, 10), 45
    yield ("CosineAnnealing", {"steps": 8, "min": 0.05},
           lambda o: L.CosineAnnealingLR(o, 8, 0.05), 40)
    for T, mult, low in ((5, 1, 0), (3, 2, 0.05), (2, 3, 0)):
        yield ("CosineWarmRestarts", {"steps": T, "mult": mult, "min": low},
               lambda o, T=T, mult=mult, low=low:
               L.CosineAnnealingWarmRestarts(o, T, mult, low), 60)
    for mode, height in (("triangular", 0), ("triangular2", 1), ("exp_range", 2)):
        yield ("Cyclic", {"base": 0.1, "max": 0.5, "up": 4, "down": 6, "height": height,
                          "gamma": 0.95},
               lambda o, mode=mode: L.CyclicLR(o, 0.1, 0.5, 4, 6, mode, 0.95), 45)
    yield "Cyclic", {"base": 0.1, "max": 0.5, "up": 5}, lambda o: L.CyclicLR(o, 0.1, 0.5, 5), 35
    yield ("Multiplicative", {"what": "0.9 + 0.02 t"},
           lambda o: L.MultiplicativeLR(o, lambda t: 0.9 + 0.02 * t), 12)
    yield ("Lambda", {"what": "1 / (1 + t)"}, lambda o: L.LambdaLR(o, lambda t: 1 / (1 + t)), 12)
    for anneal, shape in (("cos", 0), ("linear", 1)):
        yield ("Swa", {"swa": 0.05, "steps": 6, "shape": shape},
               lambda o, a=anneal: SWALR(o, 0.05, 6, a), 12)
    yield ("Sequential", {"what": "Linear(0.1, 1, 4), Exponential(0.9) from 4"},
           lambda o: L.SequentialLR(o, [L.LinearLR(o, 0.1, 1, 4), L.ExponentialLR(o, 0.9)], [4]),
           20)
    yield ("Sequential", {"what": "Constant(0.1, 2), Step(3), CosineAnnealing(5) from 2, 9"},
           lambda o: L.SequentialLR(
               o, [L.ConstantLR(o, 0.1, 2), L.StepLR(o, 3), L.CosineAnnealingLR(o, 5)], [2, 9]),
           20)
    yield ("Chained", {"what": "Constant(0.1, 2) Exponential(0.9)"},
           lambda o: L.ChainedScheduler([L.ConstantLR(o, 0.1, 2), L.ExponentialLR(o, 0.9)]), 12)
    yield ("Chained", {"what": "Linear(0.1, 1, 4) Step(3) CosineAnnealing(20)"},
           lambda o: L.ChainedScheduler(
               [L.LinearLR(o, 0.1, 1, 4), L.StepLR(o, 3), L.CosineAnnealingLR(o, 20)]), 18)


def one_cycle_cases():
    for three in (False, True):
        for anneal, shape in (("cos", 0), ("linear", 1)):
            for pct in (0.3, 0.25):
                settings = {"max": 0.5, "steps": 21, "pct_start": pct, "shape": shape,
                            "three_phase": three}

                def make(o, three=three, anneal=anneal, pct=pct):
                    return torch_lr.OneCycleLR(o, 0.5, 21, pct_start=pct, anneal_strategy=anneal,
                                               div_factor=20, final_div_factor=100,
                                               three_phase=three)

                yield ("OneCycle", {**settings, "div_factor": 20, "final_div_factor": 100},
                       torch_values(make, 21, raises_at=21))
                del settings["max"]
                yield ("OneCycleMomentum", settings,
                       torch_values(make, 21, "momentum", raises_at=21))


def formula_cases():
    """Factors of transformers, times BASE; W steps of warm-up, T in all."""
    W, T, pi = 4, 20, math.pi
    steps = range(T + 6)

    def warm(t, after):
        return t / W if t < W else after(t)

    def progress(t):
        return (t - W) / (T - W)

    yield "constant_with_warmup", [warm(t, lambda t: 1) for t in steps]
    yield "linear_with_warmup", [warm(t, lambda t: max(0, (T - t) / (T - W))) for t in steps]
    yield ("cosine_with_warmup",
           [warm(t, lambda t: max(0, 0.5 * (1 + math.cos(pi * progress(t))))) for t in range(T + 1)])
    yield ("cosine_with_min_lr",
           [warm(t, lambda t: max(0, 0.5 * (1 + math.cos(pi * progress(t))) * 0.9 + 0.1))
            for t in range(T + 1)])
    yield ("cosine_warmup_with_min_lr",
           [(t + 1) / W if t < W else
            max(0, 0.5 * (1 + math.cos(pi * (t - W + 1) / (T - W))) * 0.9 + 0.1)
            for t in range(T)])
    yield ("cosine_with_hard_restarts",
           [warm(t, lambda t: 0 if progress(t) >= 1 else
                 0.5 * (1 + math.cos(pi * ((3 * progress(t)) % 1)))) for t in steps])
    low = 1e-7
    yield ("polynomial_with_warmup",
           [warm(t, lambda t: low / BASE if t > T else
                 ((BASE - low) * (1 - progress(t))**2 + low) / BASE) for t in steps])
    yield "inverse_sqrt_with_warmup", [warm(t, lambda t: 1 / math.sqrt(t / W)) for t in steps]
    yield "inverse_sqrt", [1 / math.sqrt((t + 10000) / 10000) for t in steps]
    ramps = [lambda p: p, lambda p: 0.5 * (1 - math.cos(pi * p)), lambda p: 1 - math.sqrt(1 - p)]
    falls = [lambda p: 1 - p, lambda p: 0.5 * (1 + math.cos(pi * p)), lambda p: 1 - math.sqrt(p)]
    for k in range(3):
        for n in range(3):
            values = []
            for t in range(20):
                if t < 4:
                    f = ramps[k](t / 4) * 0.8 + 0.2
                elif t < 10:
                    f = 1
                elif t < 17:
                    f = falls[n]((t - 10) / 7) * 0.8 + 0.2
                else:
                    f = 0.2
                values.append(f)
            yield f"wsd {k} {n}", values
    # optax
    scales = {3: 0.5, 7: 0.4, 8: 2.0}
    yield ("piecewise_constant",
           [math.prod(s for b, s in scales.items() if t >= b) for t in range(12)])
    for kind in ("linear", "cosine"):
        values = []
        for t in range(12):
            value, start = 1.0, 0
            for b, s in scales.items():
                if t < b:
                    p = (t - start) / (b - start)
                    p = p if kind == "linear" else 0.5 * (1 - math.cos(pi * p))
                    value = value + (value * s - value) * p
                    break
                value, start = value * s, b
            values.append(value)
        yield "piecewise_interpolate " + kind, values

    def decay(t, stairs, limit):
        if t <= 2:
            return 1
        power = (t - 2) / 3
        return max(limit / BASE, 0.7**(math.floor(power) if stairs else power))

    yield "exponential_decay", [decay(t, False, 0) for t in range(20)]
    yield "exponential_decay stairs", [decay(t, True, 0.1) for t in range(20)]


def plateau_cases():
    metrics = [5, 4, 3.9, 3.9, 3.95, 3.9, 3.91, 3.92, 3.5, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6,
               3.6, 3.49999, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6, 3.6]
    for settings in ({"patience": 2}, {"patience": 2, "cooldown": 2, "factor": 0.5},
                     {"patience": 1, "better": 1}, {"patience": 2, "threshold": 0.2,
                                                    "threshold_mode": 1},
                     {"patience": 0, "min": 0.01, "better": 1, "threshold": 0.01},
                     {"patience": 0, "factor": 0.5, "eps": 0.05},
                     {"patience": 1, "better": 1, "threshold": 0.5, "threshold_mode": 1}):
        words = {k: v for k, v in settings.items() if k not in ("better", "threshold_mode", "min")}
        words["mode"] = "max" if settings.get("better") else "min"
        words["threshold_mode"] = "abs" if settings.get("threshold_mode") else "rel"
        words["min_lr"] = settings.get("min", 0)
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
        scheduler = torch_lr.ReduceLROnPlateau(optimizer, **words)
        values = []
        for m in metrics:
            scheduler.step(m)
            values.append(optimizer.param_groups[0]["lr"])
        yield {"settings": settings, "metrics": metrics, "values": values}


def main():
    cases = [{"schedule": name, "settings": {"base": BASE, **settings},
              "values": torch_values(make, steps)} for name, settings, make, steps in torch_cases()]
    cases += [{"schedule": name, "settings": settings, "values": values}
              for name, settings, values in one_cycle_cases()]
    # Momentum of CyclicLR falls while lr rises: a Cyclic whose base lies above its max.
    cases.append({"schedule": "Cyclic", "settings": {"base": 0.9, "max": 0.8, "up": 4, "down": 6},
                  "values": torch_values(lambda o: torch_lr.CyclicLR(o, 0.1, 0.5, 4, 6), 35,
                                         "momentum")})
    with open(sys.argv[1]) as file:
        book = json.load(file)["traces"]["schedules"]
    result = {"torch": torch.__version__.split("+")[0], "base": BASE, "cases": cases,
              "formulas": {name: [BASE * v for v in values] for name, values in formula_cases()},
              "book": book, "plateau": list(plateau_cases())}
    json.dump(result, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


main()
