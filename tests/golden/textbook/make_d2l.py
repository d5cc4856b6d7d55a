"""Writes d2l.json: what the textbook tests need of the computed reference for the airfoil
experiments, function traces and chapter 3 (float64 numpy, 12 digits; bands from many seeds).

Run: python make_d2l.py PATH_OF_REFERENCE.json > d2l.json
"""
import json
import sys


def bands(entry):
    """Where one run must lie, and where the mean of 20 runs must lie."""
    kept = {"band": entry.get("log_band4s", entry["wide"]["band4s"]),
            "mean_of_20": entry["band_for_mean_of_20_runs"]}
    return kept


def experiment(entry):
    return {"epochs": entry["epoch_axis"], **bands(entry["final"]),
            "curve_mean": entry["curve_wide"]["mean"], "curve_sd": entry["curve_wide"]["std"]}


def fixed_order(entry):
    run = entry.get("natural") or entry["any_order"]
    return {"loss": run["losses"][-1], "params": run["params"]}


def regression(entry):
    return {"batch": entry["batch"], "epochs": entry["epochs"], "lr": entry["lr"],
            "doubled_gradient": "doubled" in entry["loss"], "torch_start": entry["init"] == "torch",
            "losses": [bands(e) for e in entry["epoch_loss_half"]],
            "errors": [bands(e) for e in entry["error_w1_w2_b"]]}


def weight_decay(entry):
    names = ["half_sq_norm_w", "norm_w", "train_half_mse", "val_half_mse", "train_plus_penalty",
             "val_plus_penalty"]
    return {"lr": entry["lr"], "batch": entry["batch"], "epochs": entry["epochs"],
            "torch_start": entry["sigma"] == "torch",
            "sigma": 0 if entry["sigma"] == "torch" else entry["sigma"],
            "doubled_gradient": entry["gscale"] == 2, "lambda": entry["lam"],
            **{name: bands(entry[name]) for name in names}}


def main():
    with open(sys.argv[1]) as file:
        full = json.load(file)
    traces = {name: entry.get("path") or [[x] for x in entry["x"]]
              for name, entry in full["traces"].items() if "path" in entry or "x" in entry}
    chapter3 = {name: regression(entry) for name, entry in full["ch3"].items()
                if "epoch_loss_half" in entry}
    fixed = full["deterministic"]
    kept = {
        "loss_at_zero": full["data"]["loss_at_zero"],
        "optimum": full["data"]["optimum_half_mse"],
        "experiments": {name: experiment(e) for name, e in full["airfoil"].items()},
        "natural_order": {name: fixed_order(e) for name, e in fixed["runs"].items()},
        "full_batch": {name: e["losses_epoch0_to_10"]
                       for name, e in fixed["gd_every_epoch"].items()},
        "traces": traces,
        "noisy_traces": {name: {"mean": e["mean"], "sd": e["std"]}
                         for name, e in full["traces"]["sgd2d_noise"].items()
                         if isinstance(e, dict)},
        "chapter3": chapter3,
        "weight_decay": {name: weight_decay(e) for name, e in full["ch3"]["weight_decay"].items()},
    }
    text = json.dumps(kept, separators=(",", ":"))
    sys.stdout.write(text.replace("},", "},\n") + "\n")


main()
