"""Writes the tables of the losses, one <loss>.json each. Run: python make_losses.py

Constants (weights of classes and the like) stand among the arguments; targets of 1 and -1 are
whole numbers here, since PyTorch has no gradient for them everywhere.
"""
import itertools
import math

import torch.nn.functional as F

from module_cases import *

REDUCTIONS = ("mean", "sum", "none")
SHAPES = ((3,), (2, 3), (), (4, 1), (2, 1, 2))
EMPTY = (0, 2)


def unit(*shape):
    """Probabilities that are not near 0 and 1."""
    return torch.rand(shape) * 0.9 + 0.05


def signs(*shape):
    return torch.randint(0, 2, shape) * 2 - 1


def alike(f, options, first=rand, second=rand, shapes=SHAPES, more=None, **how):
    """A case for every option, reduction and, in turn, shape. options: dicts of arguments; tensors
    in them are constants. more: draws further operands."""
    cases, turn = [], itertools.cycle(shapes)
    for args, reduction in itertools.product(options, REDUCTIONS):
        shape = next(turn)
        # Functions of the shape make a constant.
        made = {k: v(shape) if callable(v) else v for k, v in args.items()}
        inputs = [first(*shape), second(*shape)] + ([more(*shape)] if more else [])
        kept = {k: stored(v) if torch.is_tensor(v) else v for k, v in made.items()}
        cases.append(function_case(lambda *x: f(*x, **made, reduction=reduction), inputs,
                                   kept | {"reduction": reduction}, **how))
    for reduction in REDUCTIONS:
        args = {k: v for k, v in options[0].items() if not callable(v) and not torch.is_tensor(v)}
        inputs = [first(*EMPTY), second(*EMPTY)] + ([more(*EMPTY)] if more else [])
        cases.append(function_case(lambda *x: f(*x, **args, reduction=reduction), inputs,
                                   args | {"reduction": reduction}, **how))
    return cases


def weights(shape):
    return torch.rand(shape) + 0.2


def of_floats(f):
    """For targets of whole numbers, which PyTorch does not take."""
    return lambda *x, **args: f(*x[:-1], x[-1].double(), **args)


def classes(shape, count, ignore=None):
    t = torch.randint(0, count, shape)
    if ignore is not None and t.numel() > 1:
        t.view(-1)[1] = ignore
    return t


def of_classes(f, choices, ranks=((4, 3), (3,), (2, 3, 2), (1, 2, 2, 2), (0, 3))):
    """choices: dicts of arguments, where weight=True stands for one of each class."""
    cases, turn = [], itertools.cycle(ranks)
    for args, reduction in itertools.product(choices, REDUCTIONS):
        shape = next(turn)
        axis = 0 if len(shape) == 1 else 1
        made = dict(args)
        if made.pop("weight", False):
            made["weight"] = torch.rand(shape[axis]) + 0.2
        target = classes(shape[:axis] + shape[axis + 1:], shape[axis], made.get("ignore_index"))
        kept = {k: stored(v) if torch.is_tensor(v) else v for k, v in made.items()}
        cases.append(function_case(lambda x, t: f(x, t, **made, reduction=reduction),
                                   [rand(*shape), target], kept | {"reduction": reduction}))
    return cases


def multi_margin(x, y, p=1, margin=1.0, weight=None, reduction="mean"):
    """PyTorch's formula, which has no second derivative there."""
    rows, t = x.reshape(-1, x.shape[-1]), y.reshape(-1)
    z = (margin - rows.gather(1, t[:, None]) + rows).relu() ** p
    z = z * (1 - F.one_hot(t, x.shape[-1]))
    losses = z.sum(1) / x.shape[-1] * (1 if weight is None else weight[t])
    losses = losses.reshape(y.shape)
    y = losses if reduction == "none" else getattr(losses, reduction)()
    theirs = F.multi_margin_loss(x.detach(), t.reshape(losses.shape), p, margin, weight,
                                 reduction=reduction)
    assert torch.allclose(y.detach(), theirs, rtol=1e-14, equal_nan=True)
    return y


def repeated(values, shape):
    return torch.tensor(values * 2)[:math.prod(shape)].reshape(shape)


class LogLoss(torch.autograd.Function):
    """The losses of binary_cross_entropy and their derivative, from which PyTorch's differ by its
    1e-12: a float32 here, and added in the second derivative."""

    @staticmethod
    def forward(ctx, p, t):
        ctx.save_for_backward(p, t)
        return (t - 1) * torch.log1p(-p).clamp(min=-100) - t * p.log().clamp(min=-100)

    @staticmethod
    def backward(ctx, dy):
        p, t = ctx.saved_tensors
        return (dy * (p - t) / ((1 - p) * p).clamp(min=1e-12),
                dy * (torch.log1p(-p).clamp(min=-100) - p.log().clamp(min=-100)))


def log_loss(p, t, weight=None, reduction="mean"):
    losses = LogLoss.apply(p, t) * (1 if weight is None else weight)
    y = losses if reduction == "none" else getattr(losses, reduction)()
    q = p.detach().requires_grad_()
    theirs = F.binary_cross_entropy(q, t.detach(), weight, reduction=reduction)
    assert torch.allclose(y, theirs, rtol=1e-14, equal_nan=True)
    g, of_theirs = [torch.autograd.grad(v.sum(), x, retain_graph=True)[0]
                    for v, x in ((y, p), (theirs, q))]
    assert torch.allclose(g, of_theirs, rtol=1e-8, equal_nan=True)
    return y


def far(*shape):
    """Logits up to 1000, where nothing may overflow."""
    return repeated([1000.0, -1000.0, 40.0, -40.0, 0.0, 700.0], shape)


def edge(*shape):
    return repeated([0.0, 1.0, 0.0, 1.0, 1e-12, 0.5], shape)


def whole(*shape):
    return repeated([0, 1, 1, 0, 1, 1], shape)


def log_unit(*shape):
    return unit(*shape).log()


plain, weighted = {}, {"weight": weights}
for name in ("mse_loss", "l1_loss"):
    write(name, alike(getattr(F, name), [plain, weighted, plain]))
write("smooth_l1_loss", alike(F.smooth_l1_loss, [{"beta": b} for b in (1.0, 0.4, 2.5, 0.0)]))
write("huber_loss", alike(F.huber_loss, [{"delta": 1.0}, {"delta": 0.3}, {"delta": 2.5},
                                         {"delta": 0.7, "weight": weights}]))
write("nll_loss", of_classes(F.nll_loss, [{}, {"weight": True}, {"ignore_index": 1},
                                          {"weight": True, "ignore_index": -1}, {}]))

table = alike(log_loss, [plain, weighted, {"weight": torch.tensor(0.4)}], unit, unit)
# At 0 and 1, where there is no second derivative and the target has none at all.
table += alike(of_floats(log_loss), [plain], edge, whole, shapes=((6,), (3, 2)),
               smooth=False)
write("binary_cross_entropy", table)

table = alike(F.binary_cross_entropy_with_logits,
              [plain, weighted, {"pos_weight": weights}, {"weight": weights, "pos_weight": weights},
               {"pos_weight": torch.tensor(0.0)}], rand, unit)
table += alike(of_floats(F.binary_cross_entropy_with_logits), [plain, {"pos_weight": weights}],
               far, whole, shapes=((6,), (3, 2)))
write("binary_cross_entropy_with_logits", table)

table = []
for log_target in (False, True):
    for reduction in REDUCTIONS + ("batchmean",):
        for shape in ((2, 3), (), (3,)) + ((EMPTY,) if log_target else ()):
            f = lambda x, t: F.kl_div(x, t, reduction=reduction, log_target=log_target)
            draw = log_unit if log_target else unit
            table.append(function_case(f, [log_unit(*shape), draw(*shape)],
                                       dict(reduction=reduction, log_target=log_target)))
write("kl_div", table)

write("hinge_embedding_loss", alike(of_floats(F.hinge_embedding_loss),
                                    [{"margin": 1.0}, {"margin": 0.2}, {"margin": -0.5}],
                                    rand, signs))
write("margin_ranking_loss", alike(of_floats(F.margin_ranking_loss),
                                   [{"margin": 0.0}, {"margin": 0.5}, {"margin": -0.5}],
                                   rand, rand, more=signs))
write("soft_margin_loss",
      alike(of_floats(F.soft_margin_loss), [plain, plain, plain], rand, signs))
write("multi_margin_loss", of_classes(multi_margin, [
    {"p": 1, "margin": 1.0}, {"p": 2, "margin": 1.0}, {"p": 2, "margin": 0.3, "weight": True},
    {"p": 1, "margin": 0.5, "weight": True}], ranks=((4, 3), (3,), (1, 2), (5, 1))))

table = []
for shapes, dim, eps in ((((2, 3), (2, 3)), 1, 1e-8), (((2, 3), (2, 3)), 0, 1e-8),
                         (((2, 3), (1, 3)), 1, 1e-8), (((3,), (2, 3)), -1, 1e-8),
                         (((3,), (3,)), 0, 1e-8), (((2, 3, 2), (2, 3, 2)), 1, 1e-8),
                         (((2, 3, 2), (3, 2)), -1, 1e-8), (((2, 1, 3), (1, 4, 3)), 2, 1e-8),
                         (((0, 3), (0, 3)), 1, 1e-8), (((4, 1), (4, 1)), 1, 1e-8),
                         (((2, 3), (2, 3)), -2, 1e-3), (((1, 4), (3, 4)), 1, 1e-6)):
    table.append(function_case(lambda a, b: F.cosine_similarity(a, b, dim=dim, eps=eps),
                               [rand(*s) for s in shapes], dict(axis=dim, eps=eps)))
write("cosine_similarity", table)

table = []
for margin, shape, reduction in itertools.product((0.0, 0.5, -0.3), ((4, 3), (3,)), REDUCTIONS):
    f = lambda a, b, t: F.cosine_embedding_loss(a, b, t, margin=margin, reduction=reduction)
    table.append(function_case(f, [rand(*shape), rand(*shape), signs(*shape[:-1])],
                               dict(margin=margin, reduction=reduction)))
for reduction in REDUCTIONS:
    f = lambda a, b, t: F.cosine_embedding_loss(a, b, t, reduction=reduction)
    table.append(function_case(f, [rand(0, 2), rand(0, 2), signs(0)],
                               dict(margin=0.0, reduction=reduction)))
write("cosine_embedding_loss", table)

# Below 1, where `full` adds nothing, and above.
table = alike(F.poisson_nll_loss, [{"log_input": True, "full": False, "eps": 1e-8},
                                   {"log_input": True, "full": True, "eps": 1e-8}], rand,
              lambda *s: torch.rand(s) + 1.5)
table += alike(F.poisson_nll_loss, [{"log_input": False, "full": True, "eps": 1e-8},
                                    {"log_input": False, "full": False, "eps": 0.1}],
               unit, lambda *s: torch.rand(s) * 0.9)
write("poisson_nll_loss", table)

table = []
for full, reduction in itertools.product((False, True), REDUCTIONS):
    for shape, of_var in (((2, 3), (2, 3)), ((2, 3), (2, 1)), ((2, 3), (2,)), ((2, 3), (1, 3)),
                          ((0, 2), (0, 1))):
        f = lambda x, t, v: F.gaussian_nll_loss(x, t, v, full=full, eps=0.3, reduction=reduction)
        table.append(function_case(f, [rand(*shape), rand(*shape), torch.rand(of_var) + 0.1],
                                   dict(full=full, eps=0.3, reduction=reduction)))
write("gaussian_nll_loss", table)

table = []
for margin, p, swap, eps in ((1.0, 2.0, False, 1e-6), (0.5, 2.0, True, 1e-6),
                             (2.0, 1.0, False, 1e-6), (1.0, 3.0, True, 0.01)):
    args = dict(margin=margin, p=p, swap=swap, eps=eps)
    for shape, reduction in zip(((4, 3), (3,), (2, 2, 2)), REDUCTIONS):
        f = lambda a, b, c: F.triplet_margin_loss(a, b, c, **args, reduction=reduction)
        table.append(function_case(f, [rand(*shape) for _ in range(3)],
                                   args | {"reduction": reduction}))
for reduction in REDUCTIONS:
    f = lambda a, b, c: F.triplet_margin_loss(a, b, c, reduction=reduction)
    table.append(function_case(f, [rand(0, 2) for _ in range(3)],
                               dict(margin=1.0, p=2.0, swap=False, eps=1e-6, reduction=reduction)))
write("triplet_margin_loss", table)

table = of_classes(F.cross_entropy, [{}, {"weight": True}, {"ignore_index": 1},
                                     {"weight": True, "label_smoothing": 0.2, "ignore_index": -1},
                                     {"label_smoothing": 0.1}])
for reduction, weight in itertools.product(REDUCTIONS, (False, True)):
    made = {"weight": torch.rand(3) + 0.2} if weight else {}
    kept = {k: stored(v) for k, v in made.items()} | {"reduction": reduction}
    table.append(function_case(lambda x, t: F.cross_entropy(x, t, **made, reduction=reduction),
                               [rand(2, 3), unit(2, 3)], kept))
write("cross_entropy", table)
