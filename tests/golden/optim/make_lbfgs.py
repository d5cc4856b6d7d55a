"""Writes lbfgs.json: what torch.optim.LBFGS does in float64, after every step().

Run: python make_lbfgs.py > lbfgs.json
"""
import json
import sys

import torch


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def valley(x):
    """Convex, with curvatures from 1 to 16 and a term of fourth order; 5 coordinates."""
    scale = 2.0 ** torch.arange(5)
    return (scale * (x - 0.3) ** 2).sum() / 2 + 0.1 * ((x[1:] - x[:-1]) ** 4).sum()


FUNCTIONS = {"rosenbrock": (rosenbrock, [-1.2, 1.0]),
             "valley": (valley, [1.0, -0.5, 0.8, 2.0, -1.5])}
CASES = [
    ("valley", 8, {"lr": 0.5, "max_iter": 3}),
    ("valley", 8, {"lr": 1.0, "max_iter": 1, "history_size": 2}),
    ("valley", 3, {"lr": 0.8, "max_iter": 20, "max_eval": 4, "tolerance_grad": 1e-3}),
    ("valley", 4, {"max_iter": 4, "line_search_fn": "strong_wolfe"}),
    ("rosenbrock", 6, {"max_iter": 4, "line_search_fn": "strong_wolfe", "history_size": 3}),
    ("rosenbrock", 6, {"lr": 0.3, "max_iter": 5, "line_search_fn": "strong_wolfe"}),
    ("rosenbrock", 4, {"lr": 0.01, "max_iter": 4, "line_search_fn": "strong_wolfe"}),
    ("rosenbrock", 5, {"lr": 8.0, "max_iter": 3, "max_eval": 9, "line_search_fn": "strong_wolfe"}),
    ("rosenbrock", 3, {"line_search_fn": "strong_wolfe"}),
]


def main():
    torch.set_default_dtype(torch.float64)
    cases = []
    for name, count, settings in CASES:
        function, start = FUNCTIONS[name]
        x = torch.tensor(start, requires_grad=True)
        optimizer = torch.optim.LBFGS([x], **settings)

        def closure():
            optimizer.zero_grad()
            loss = function(x)
            loss.backward()
            return loss

        steps = []
        for _ in range(count):
            loss = optimizer.step(closure).item()
            state = optimizer.state[x]
            steps.append({"loss": loss, "x": x.tolist(), "evaluations": state["func_evals"],
                          "iterations": state["n_iter"], "pairs": len(state["ro"])})
        ours = {("line_search" if k == "line_search_fn" else k): (1 if k == "line_search_fn" else v)
                for k, v in settings.items()}
        cases.append({"function": name, "settings": ours, "start": start, "steps": steps})
    golden = {"torch": torch.__version__.split("+")[0], "cases": cases}
    text = json.dumps(golden, separators=(",", ":"))
    sys.stdout.write(text.replace('{"function"', '\n{"function"').replace("},{", "},\n{") + "\n")


main()
