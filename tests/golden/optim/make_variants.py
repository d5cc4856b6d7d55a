"""Writes variants.json: 20 steps of the forms that libraries give to a rule, in double.

Each function below is one library's formula, written down from its published program in plain
Python, with nothing of Gradus in it; where torch has the rule, trajectories.json holds its own
numbers. Gradients fall by 100 and change sign after step 8, lr changes twice, eps and decay are
large, so that every form is another path. A case names the program, Gradus's rule with its options,
and the parameter and state after each step.

Run: python make_variants.py > variants.json
"""
import json
import math
import sys

import numpy as np

START = [0.7, -1.2, 0.05]
MATRIX = [[0.7, -1.2, 0.05, 0.4], [0.3, 0.2, -0.6, -0.1], [-0.5, 0.8, 0.9, 0.25]]
STEPS = 20
H = {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-2, "weight_decay": 0.3}
B1, B2, EPS, WD = 0.8, 0.9, 1e-2, 0.3


def gradient(i, t):
    return (1 if t <= 8 else -0.01) * (math.sin(0.9 * i + 0.37 * t) + 0.2)


def lr_factor(t):
    return 1 if t < 6 else 0.5 if t < 15 else 3


def moments(s, g, b1=B1, b2=B2):
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
    return s["m"], s["v"]


def sgd(kind, mu, damp=0.0):
    def step(x, g, s, t, lr):
        g = g + WD * x
        first = "v" not in s
        scale = lr if kind == "inside" else 1
        keep = 1 if first and kind != "damped" else 1 - damp
        s["v"] = mu * s.get("v", 0 * g) + scale * keep * g
        if kind == "nesterov":
            return x - lr * (g + mu * s["v"])
        return x - (1 if kind == "inside" else lr) * s["v"]
    return step


def adagrad(inside, start):
    def step(x, g, s, t, lr):
        g = g + WD * x
        s["s"] = s.get("s", start) + g * g
        return x - lr * g / (np.sqrt(s["s"] + EPS) if inside else np.sqrt(s["s"]) + EPS)
    return step


def rmsprop(inside, mu=None, lr_inside=False, centered=False):
    def step(x, g, s, t, lr):
        g = g + WD * x
        s["s"] = 0.9 * s.get("s", 0) + 0.1 * g * g
        v = s["s"]
        if centered:
            s["a"] = 0.9 * s.get("a", 0) + 0.1 * g
            v = v - s["a"] ** 2
        d = g / (np.sqrt(v + EPS) if inside else np.sqrt(v) + EPS)
        if mu is None:
            return x - lr * d
        s["v"] = mu * s.get("v", 0) + (lr if lr_inside else 1) * d
        return x - (1 if lr_inside else lr) * s["v"]
    return step


def adam(eps="out", correct=True, decay="l2", first_lr=0.1):
    def step(x, g, s, t, lr):
        if decay == "l2":
            g = g + WD * x
        if decay == "before":
            x = x * (1 - lr * WD)
        if decay == "full":
            x = x * (1 - lr / first_lr * WD)
        m, v = moments(s, g)
        c1, c2 = (1 - B1**t, 1 - B2**t) if correct else (1, 1)
        if eps == "out":
            x = x - lr / c1 * m / (np.sqrt(v / c2) + EPS)
        elif eps == "root":
            x = x - lr / c1 * m / np.sqrt(v / c2 + EPS)
        else:
            x = x - lr * math.sqrt(c2) / c1 * m / (np.sqrt(v) + EPS)
        return x - lr * WD * x if decay == "after" else x
    return step


def amsgrad(form):
    def step(x, g, s, t, lr):
        m, v = moments(s, g + WD * x)
        c1, c2 = (1, 1) if form == "paper" else (1 - B1**t, 1 - B2**t)
        s["v_max"] = np.maximum(s.get("v_max", 0), v / c2 if form == "hat" else v)
        return x - lr * (m / c1) / (np.sqrt(s["v_max"] / (1 if form == "hat" else c2)) + EPS)
    return step


def yogi(start, correct):
    def step(x, g, s, t, lr):
        g = g + WD * x
        s["m"] = B1 * s.get("m", start) + (1 - B1) * g
        v = s.get("v", start)
        s["v"] = v - (1 - B2) * np.sign(v - g * g) * g * g
        c1, c2 = (1 - B1**t, 1 - B2**t) if correct else (1, 1)
        return x - lr * (s["m"] / c1) / (np.sqrt(s["v"] / c2) + EPS)
    return step


def nadam_simple(x, g, s, t, lr):
    m, v = moments(s, g + WD * x)
    ahead = B1 * m / (1 - B1 ** (t + 1)) + (1 - B1) * (g + WD * x) / (1 - B1**t)
    s["mu_product"] = B1**t
    return x - lr * ahead / (np.sqrt(v / (1 - B2**t)) + EPS)


def radam(form):
    def step(x, g, s, t, lr):
        m, v = moments(s, g + WD * x)
        top = 2 / (1 - B2) - 1
        rho = top - 2 * t * B2**t / (1 - B2**t)
        if rho <= 5:
            return x if form == "official" else x - lr * m / (1 - B1**t)
        r = math.sqrt((rho - 4) * (rho - 2) * top / ((top - 4) * (top - 2) * rho))
        c2 = math.sqrt(1 - B2**t)
        divisor = np.sqrt(v) / c2 + EPS if form == "optax" else (np.sqrt(v) + EPS) / c2
        return x - lr * m / (1 - B1**t) * r / divisor
    return step


def adamax(correct):
    def step(x, g, s, t, lr):
        g = g + WD * x
        s["m"] = B1 * s.get("m", 0) + (1 - B1) * g
        s["u"] = np.maximum(B2 * s.get("u", 0), abs(g))
        return x - lr / (1 - B1**t if correct else 1) * s["m"] / (s["u"] + EPS)
    return step


def lion(x, g, s, t, lr):
    c = B1 * s.get("m", 0) + (1 - B1) * g
    x = x * (1 - lr * WD) - lr * np.sign(c)
    s["m"] = B2 * s.get("m", 0) + (1 - B2) * g
    return x


def adabelief(x, g, s, t, lr):
    s["m"] = B1 * s.get("m", 0) + (1 - B1) * g
    s["s"] = B2 * s.get("s", 0) + (1 - B2) * (g - s["m"]) ** 2 + 1e-3
    x = x * (1 - lr * WD)
    return x - lr * (s["m"] / (1 - B1**t)) / (np.sqrt(s["s"] / (1 - B2**t)) + EPS)


def adabound(ams):
    def step(x, g, s, t, lr):
        m, v = moments(s, g + WD * x)
        if ams:
            v = s["v_max"] = np.maximum(s.get("v_max", 0), v)
        final = 0.1 * lr / 0.1
        low, high = final * (1 - 1 / (0.05 * t + 1)), final * (1 + 1 / (0.05 * t))
        eta = lr * math.sqrt(1 - B2**t) / (1 - B1**t) / (np.sqrt(v) + EPS)
        s["base_lr"] = 0.1
        return x - np.clip(eta, low, high) * m
    return step


def adan(prox, inside):
    def step(x, g, s, t, lr):
        d = g - s.get("g_before", g)
        s["m"] = B1 * s.get("m", 0) + (1 - B1) * g
        s["v"] = B2 * s.get("v", 0) + (1 - B2) * d
        s["n"] = 0.85 * s.get("n", 0) + 0.15 * (g + B2 * d) ** 2
        s["g_before"] = g
        n = s["n"] / (1 - 0.85**t)
        u = s["m"] / (1 - B1**t) + B2 * s["v"] / (1 - B2**t)
        u = lr * u / (np.sqrt(n + EPS) if inside else np.sqrt(n) + EPS)
        return (x - u) / (1 + lr * WD) if prox else x * (1 - lr * WD) - u
    return step


def norm(x):
    return math.sqrt(float((x * x).sum()))


def lamb(correct=True, limit=math.inf, averaged=True, pre=False):
    def step(x, g, s, t, lr):
        if pre:
            g = g / max(1.0, norm(g) / 0.5)
        s["m"] = B1 * s.get("m", 0 * g) + (1 - B1 if averaged else 1) * g
        s["v"] = B2 * s.get("v", 0 * g) + (1 - B2) * g * g
        c1, c2 = (1 - B1**t, 1 - B2**t) if correct else (1, 1)
        u = s["m"] / c1 / (np.sqrt(s["v"] / c2) + EPS) + WD * x
        return x - lr * min(norm(x), limit) / norm(u) * u
    return step


def lars(x, g, s, t, lr):
    r = 0.02 * norm(x) / (norm(g) + WD * norm(x))
    s["v"] = 0.9 * s.get("v", 0 * g) + lr * r * (g + WD * x)
    return x - s["v"]


def stable_adamw(x, g, s, t, lr):
    m, v = moments(s, g)
    v_hat = v / (1 - B2**t)
    lr = lr / max(1.0, math.sqrt(float((g * g / np.maximum(v_hat, EPS**2)).mean())))
    return x * (1 - lr * WD) - lr * m / (1 - B1**t) / (np.sqrt(v_hat) + EPS)


def schedule_free(adaptive):
    def step(y, g, s, t, lr):
        z = s.get("z", y)
        if adaptive:
            s["v"] = B2 * s.get("v", 0 * g) + (1 - B2) * g * g
            u = g / (np.sqrt(s["v"] / (1 - B2**t)) + EPS) + WD * y
        else:
            u = g + WD * y
        s["lr_max"] = max(s.get("lr_max", 0), lr)
        w = s["lr_max"] ** 2
        s["weight_sum"] = s.get("weight_sum", 0) + w
        x = y + (z - y) * (1 - 1 / B1)
        s["z"] = z - lr * u
        c = w / s["weight_sum"]
        x = (1 - c) * x + c * s["z"]
        s["evaluating"] = 0
        return (1 - B1) * s["z"] + B1 * x
    return step


def lookahead(inner, period, alpha, pullback="none"):
    def step(x, g, s, t, lr):
        s.setdefault("slow", x.copy())
        if pullback == "pullback":
            s.setdefault("slow_m", 0 * x)
        x = inner(x, g, s, t, lr)
        if t % period == 0:
            x = s["slow"] + alpha * (x - s["slow"])
            s["slow"] = x.copy()
            if pullback == "reset":
                s["m"] = 0 * x
            if pullback == "pullback":
                s["slow_m"] = s["slow_m"] + alpha * (s["m"] - s["slow_m"])
                s["m"] = s["slow_m"].copy()
        return x
    return step


def rms(x):
    return math.sqrt(float((x * x).mean()))


def factors(s, row, column, squares, beta):
    s[row] = beta * s.get(row, 0) + (1 - beta) * squares.mean(-1, keepdims=True)
    s[column] = beta * s.get(column, 0) + (1 - beta) * squares.mean(-2, keepdims=True)
    return s[row] * s[column] / s[row].mean()


def adafactor(form, b1=0.0, relative=True, scale=True):
    def step(x, g, s, t, lr):
        beta = 1 - t**-0.7
        if form == "torch":  # its eps1 is that of float64
            e = 2.0**-52
            factors(s, "row", "column", g * g, beta)
            V = s["row"] * s["column"] / max(float(s["row"].mean()), e)
            u = g / np.sqrt(np.maximum(V, e * e))
        else:
            u = g / np.sqrt(factors(s, "row", "column", g * g + 1e-30, beta))
        u = u / max(1.0, rms(u) / 1.2)
        rho = min(lr, 1 / math.sqrt(t)) if relative else lr
        alpha = (max(1e-3, rms(x)) if scale else 1) * rho
        u = alpha * u
        if b1 > 0:
            s["m"] = u = b1 * s.get("m", 0 * u) + (1 - b1) * u
        return x * (1 - lr * WD) - u if form == "torch" else x - alpha * WD * x - u
    return step


def came(x, g, s, t, lr):
    u = g / np.sqrt(factors(s, "row", "column", g * g + 1e-30, B2))
    u = u / max(1.0, rms(u))
    s["m"] = B1 * s.get("m", 0 * u) + (1 - B1) * u
    S = factors(s, "s_row", "s_column", (u - s["m"]) ** 2 + 1e-16, 0.95)
    return x - WD * lr * x - lr * s["m"] / np.sqrt(S)


def muon(nesterov=True, match=False):
    def step(x, g, s, t, lr):
        s["B"] = 0.8 * s.get("B", 0 * g) + 0.2 * g
        X = 0.8 * s["B"] + 0.2 * g if nesterov else s["B"]
        X = X / max(norm(X), 1e-7)
        for _ in range(5):
            A = X @ X.T
            X = 3.4445 * X + (-4.7750 * A + 2.0315 * A @ A) @ X
        n, m = x.shape
        factor = 0.2 * math.sqrt(max(n, m)) if match else math.sqrt(max(1, n / m))
        return x * (1 - lr * WD) - lr * factor * X
    return step


def ranger_inner(x, g, s, t, lr):
    """Decay first, then RAdam, whose eps is added to the uncorrected sqrt(v)."""
    x = x * (1 - lr * WD)
    m, v = moments(s, g)
    top = 2 / (1 - B2) - 1
    sma = top - 2 * t * B2**t / (1 - B2**t)
    if sma <= 5:
        return x - lr / (1 - B1**t) * m
    size = math.sqrt((1 - B2**t) * (sma - 4) / (top - 4) * (sma - 2) / sma * top / (top - 2))
    return x - lr * size / (1 - B1**t) * m / (np.sqrt(v) + EPS)


def largest_first(S):
    values, vectors = np.linalg.eigh(S)
    return vectors[:, np.argsort(-values, kind="stable")]


def soap(frequency, beta=0.95):
    """The paper's Algorithm 3: the first gradient only makes the bases; step k = t - 1 of Adam is
    taken in them; the statistics follow, and every `frequency` steps one power iteration."""
    def step(x, g, s, t, lr):
        k = t - 1
        if k == 0:
            s.update(m=0 * g, v=0 * g, L=0 * (g @ g.T), R=0 * (g.T @ g))
        else:
            s["m"] = B1 * s["m"] + (1 - B1) * g
            turned = s["Q_L"].T @ g @ s["Q_R"]
            s["v"] = B2 * s["v"] + (1 - B2) * turned * turned
            u = (s["Q_L"].T @ s["m"] @ s["Q_R"]) / (np.sqrt(s["v"]) + EPS)
            size = lr * math.sqrt(1 - B2**k) / (1 - B1**k)
            x = x - size * (s["Q_L"] @ u @ s["Q_R"].T)
            x = x - lr * WD * x
        s["L"] = beta * s["L"] + (1 - beta) * (g @ g.T)
        s["R"] = beta * s["R"] + (1 - beta) * (g.T @ g)
        for S, Q, axis in ((s["L"], "Q_L", 0), (s["R"], "Q_R", 1)):
            if k == 0:
                s[Q] = largest_first(S)
            elif k % frequency == 0:
                order = np.argsort(-np.diag(s[Q].T @ S @ s[Q]), kind="stable")
                s["v"] = np.take(s["v"], order, axis)
                s[Q] = np.linalg.qr(S @ s[Q][:, order])[0]
        return x
    return step


MU = {"lr": 0.1, "weight_decay": 0.3, "momentum": 0.7, "dampening": 0.4}
GRAD = {"lr": 0.1, "weight_decay": 0.3, "eps": 1e-2}
RMS = {**GRAD, "alpha": 0.9}
BOUND = {**H, "gamma": 0.05}
FACTOR = {"lr": 0.1, "weight_decay": 0.3, "beta2_decay": 0.7, "clip": 1.2}
# Program, Gradus's rule, settings that the caller knows, options of this program, start, formula.
CASES = [
    ("torch.optim.SGD(momentum)", "Momentum", MU, {}, sgd("torch", 0.7, 0.4)),
    ("MLX SGD(momentum)", "Momentum", MU, {"first_momentum": 1}, sgd("damped", 0.7, 0.4)),
    ("tinygrad SGD(classic), ensmallen MomentumSGD", "Momentum", MU, {"lr_placement": 1},
     sgd("inside", 0.7, 0.4)),
    ("torch.optim.SGD(nesterov)", "Nesterov", {k: MU[k] for k in MU if k != "dampening"}, {},
     sgd("nesterov", 0.7)),
    ("torch.optim.Adagrad", "AdaGrad", GRAD, {}, adagrad(False, 0)),
    ("d2l AdaGrad", "AdaGrad", GRAD, {"eps_placement": 1}, adagrad(True, 0)),
    ("optax.adagrad", "AdaGrad", GRAD, {"eps_placement": 1, "initial_accumulator": 0.1},
     adagrad(True, 0.1)),
    ("torch.optim.RMSprop", "RMSProp", RMS, {}, rmsprop(False)),
    ("optax.rmsprop, d2l RMSProp", "RMSProp", RMS, {"eps_placement": 1}, rmsprop(True)),
    ("torch.optim.RMSprop(momentum)", "RMSPropMomentum", {**RMS, "momentum": 0.7}, {},
     rmsprop(False, 0.7)),
    ("TensorFlow RMSprop(momentum)", "RMSPropMomentum", {**RMS, "momentum": 0.7},
     {"eps_placement": 1, "lr_placement": 1}, rmsprop(True, 0.7, True)),
    ("torch.optim.RMSprop(centered)", "CenteredRMSProp", RMS, {},
     rmsprop(False, centered=True)),
    ("torch.optim.Adam, optax.adam", "Adam", H, {}, adam()),
    ("TensorFlow and Keras Adam, ensmallen Adam", "Adam", H, {"eps_placement": 2}, adam("hat")),
    ("optax.adam(eps_root)", "Adam", H, {"eps_placement": 1}, adam("root")),
    ("MLX Adam", "Adam", H, {"bias_correction": 0}, adam(correct=False)),
    ("torch.optim.AdamW, optax.adamw", "AdamW", H, {}, adam(decay="before")),
    ("Keras AdamW", "AdamW", H, {"eps_placement": 2}, adam("hat", decay="before")),
    ("MLX AdamW", "AdamW", H, {"bias_correction": 0}, adam(correct=False, decay="before")),
    ("optimi.AdamW(decouple_lr)", "AdamW", H, {"decay_mode": 2}, adam(decay="full")),
    ("bitsandbytes AdamW", "", H, {}, adam(decay="after")),
    ("Hugging Face AdamW", "", H, {}, adam("hat", decay="after")),
    ("Hugging Face AdamW(correct_bias=False)", "", H, {}, adam(correct=False, decay="after")),
    ("torch.optim.Adam(amsgrad)", "AMSGrad", H, {}, amsgrad("raw")),
    ("optax.amsgrad", "AMSGrad", H, {"max_of": 1}, amsgrad("hat")),
    ("flashlight AMSgrad", "AMSGrad", H, {"max_of": 2}, amsgrad("paper")),
    ("d2l Yogi", "Yogi", H, {}, yogi(0, True)),
    ("optax.yogi, TensorFlow Addons Yogi", "Yogi", H, {"initial_accumulator": 1e-6},
     yogi(1e-6, True)),
    ("ensmallen Yogi", "Yogi", H, {"bias_correction": 0}, yogi(0, False)),
    ("optax.nadam", "NAdam", H, {"momentum_schedule": 1}, nadam_simple),
    ("torch.optim.RAdam", "RAdam", H, {}, radam("torch")),
    ("optax.radam", "RAdam", H, {"eps_placement": 0}, radam("optax")),
    ("LiyuanLucasLiu/RAdam", "RAdam", H, {"fallback": 1}, radam("official")),
    ("ensmallen AdaMax", "Adamax", H, {"eps_placement": 1}, adamax(True)),
    ("MLX Adamax", "Adamax", H, {"eps_placement": 1, "bias_correction": 0}, adamax(False)),
    ("Lion", "Lion", {k: H[k] for k in H if k != "eps"}, {"decay_mode": 1}, lion),
    ("AdaBelief", "AdaBelief", {**H, "eps_root": 1e-3}, {"decay_mode": 1}, adabelief),
    ("Luolc/AdaBound", "AdaBound", BOUND, {}, adabound(False)),
    ("Luolc/AdaBound(amsbound)", "AMSBound", BOUND, {}, adabound(True)),
    ("sail-sg/Adan", "Adan", {**H, "beta3": 0.85}, {}, adan(True, False)),
    ("sail-sg/Adan(no_prox)", "Adan", {**H, "beta3": 0.85}, {"decay": 1}, adan(False, False)),
    ("Adan of the paper", "Adan", {**H, "beta3": 0.85}, {"eps_placement": 1}, adan(True, True)),
    ("LAMB of the paper, optax.lamb", "LAMB", H, {}, lamb()),
    ("LAMB without correction", "LAMB", H, {"bias_correction": 0}, lamb(False)),
    ("apex FusedLAMB(grad_averaging=False)", "LAMB", H, {"gradient_averaging": 0},
     lamb(averaged=False)),
    ("LAMB with a limit", "LAMB", H, {"norm_limit": 0.8}, lamb(limit=0.8)),
    ("tinygrad LARS", "LARS", {"lr": 0.1, "weight_decay": 0.3, "momentum": 0.9, "trust": 0.02}, {},
     lars),
    ("optimi.StableAdamW", "StableAdamW", H, {}, stable_adamw),
    ("AdamWScheduleFree", "ScheduleFreeAdamW", H, {}, schedule_free(True)),
    ("SGDScheduleFree", "ScheduleFreeSGD", {k: H[k] for k in ("lr", "beta1", "weight_decay")}, {},
     schedule_free(False)),
    ("Lookahead(Adam)", "LookaheadAdam", {**H, "period": 3, "alpha": 0.4}, {},
     lookahead(adam(), 3, 0.4)),
    ("Lookahead(Adam, reset)", "LookaheadAdam", {**H, "period": 3, "alpha": 0.4}, {"at_sync": 1},
     lookahead(adam(), 3, 0.4, "reset")),
    ("Lookahead(Adam, pullback)", "LookaheadPullbackAdam", {**H, "period": 3, "alpha": 0.4}, {},
     lookahead(adam(), 3, 0.4, "pullback")),
    ("Ranger", "Ranger", {**H, "period": 3, "alpha": 0.4}, {}, lookahead(ranger_inner, 3, 0.4)),
    ("SOAP", "SOAP", {**H, "frequency": 3}, {}, soap(3)),
    ("Hugging Face Adafactor", "Adafactor", FACTOR, {}, adafactor("paper")),
    ("Hugging Face Adafactor(beta1)", "Adafactor", {**FACTOR, "beta1": 0.9}, {},
     adafactor("paper", 0.9)),
    ("Hugging Face Adafactor(relative_step=False)", "Adafactor", FACTOR, {"relative_step": 0},
     adafactor("paper", relative=False)),
    ("Hugging Face Adafactor(scale_parameter=False)", "Adafactor", FACTOR, {"scale_parameter": 0},
     adafactor("paper", scale=False)),
    ("torch.optim.Adafactor", "Adafactor", FACTOR, {"form": 1, "eps1": 2.0**-52},
     adafactor("torch")),
    ("yangluo7/CAME", "CAME",
     {"lr": 0.1, "weight_decay": 0.3, "beta1": 0.8, "beta2": 0.9, "beta3": 0.95}, {}, came),
    ("torch.optim.Muon", "Muon", {"lr": 0.1, "weight_decay": 0.3, "momentum": 0.8}, {}, muon()),
    ("torch.optim.Muon(match_rms_adamw)", "Muon",
     {"lr": 0.1, "weight_decay": 0.3, "momentum": 0.8}, {"scale": 1}, muon(match=True)),
    ("torch.optim.Muon(nesterov=False)", "Muon",
     {"lr": 0.1, "weight_decay": 0.3, "momentum": 0.8}, {"nesterov": 0}, muon(nesterov=False)),
]
MATRIX_RULES = ("Adafactor", "CAME", "Muon")
SQUARE_RULES = ("SOAP",)  # gradients of rank 3, so that no basis has a free direction


def numbers(x):
    return np.asarray(x, dtype=float).ravel().tolist()


def main():
    cases = []
    for program, rule, settings, options, formula in CASES:
        start = np.array(MATRIX if rule in MATRIX_RULES else START)
        if rule in SQUARE_RULES:
            start = np.array(MATRIX)[:, :3]
        x, state, steps = start.copy(), {}, []
        for t in range(1, STEPS + 1):
            g = np.array([gradient(i, t) for i in range(x.size)]).reshape(x.shape)
            x = formula(x, g, state, t, settings["lr"] * lr_factor(t))
            steps.append({"theta": numbers(x), **{k: numbers(v) for k, v in state.items()}})
        cases.append({"program": program, "rule": rule, "settings": settings, "options": options,
                      "start": {"shape": list(start.shape), "values": numbers(start)},
                      "steps": steps})
    text = json.dumps({"lr": [lr_factor(t) for t in range(1, STEPS + 1)], "cases": cases},
                      separators=(",", ":"))
    sys.stdout.write(text.replace('{"program"', '\n{"program"').replace("},{", "},\n{") + "\n")


main()
