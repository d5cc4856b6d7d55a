"""Writes weight_norm.json and spectral_norm.json, tables of modules, and averaged_model.json: what
AveragedModel of PyTorch holds after each of four updates. Run: python make_utils.py"""
import copy

from torch.nn.utils.parametrizations import spectral_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from module_cases import *

class Normalized(torch.nn.Module):
    """The formula of torch.nn.utils.parametrizations.weight_norm, whose second derivative is wrong
    in PyTorch 2.15: for lengths of single elements, where w = g sign(v), it is not 0."""

    def __init__(self, dim):
        super().__init__()
        self.dim = -1 if dim is None else dim % 2

    def forward(self, g, v):
        axes = (0, 1) if self.dim == -1 else (1 - self.dim,)
        w = v * (g / (v * v).sum(axes, keepdim=self.dim != -1).sqrt())
        assert torch.allclose(w, torch._weight_norm(v, g, self.dim), rtol=1e-14)
        return w

    def right_inverse(self, weight):
        return torch.norm_except_dim(weight, 2, self.dim), weight


def weight_norm(layer, dim):
    torch.nn.utils.parametrize.register_parametrization(layer, "weight", Normalized(dim),
                                                        unsafe=True)
    return layer


table = []
# PyTorch takes -1 for no axis.
for axis in (0, 1, -1, None):
    for shape, out, bias in (((4, 3), 2, True), ((3,), 2, False), ((2, 2, 3), 1, True),
                             ((0, 1), 3, True)):
        layer = weight_norm(torch.nn.Linear(shape[-1], out, bias=bias), dim=axis)
        table.append(module_case(layer, [rand(*shape)],
                                 dict(in_features=shape[-1], out_features=out, bias=bias) |
                                 ({} if axis is None else dict(axis=axis))))
write("weight_norm", table)

table = []
for axis, n in ((0, 1), (1, 2), (-1, 1)):
    for shape, out, train in (((4, 3), 2, True), ((4, 3), 2, False), ((3,), 4, True),
                              ((2, 1), 3, True)):
        layer = spectral_norm(torch.nn.Linear(shape[-1], out), dim=axis, n_power_iterations=n)
        table.append(module_case(layer, [rand(*shape)], dict(
            in_features=shape[-1], out_features=out, axis=axis, n_power_iterations=n), train=train))
write("spectral_norm", table)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(rand(2, 3))
        self.tied = self.weight
        self.register_buffer("running", rand(3))
        self.register_buffer("count", torch.tensor(0))

    def change(self):
        self.weight.data = rand(2, 3)
        self.running.copy_(rand(3))
        self.count += 3


cases = []
for decay in (None, 0.9, 0.3, 1.0, 0.0):
    for use_buffers in (False, True):
        model = Model()
        average = AveragedModel(model, use_buffers=use_buffers,
                                multi_avg_fn=None if decay is None else get_ema_multi_avg_fn(decay))
        steps, start = [], {n: stored(t) for n, t in model.state_dict().items()}
        for _ in range(4):
            model.change()
            average.update_parameters(model)
            # Averages of whole numbers are cut there.
            kept = {n: stored(t) for n, t in average.state_dict().items()
                    if not (use_buffers and n == "module.count")}
            steps.append({"model": {n: stored(t) for n, t in model.state_dict().items()},
                          "average": copy.deepcopy(kept)})
        cases.append({"decay": decay, "buffers": use_buffers, "start": start, "steps": steps})
path = pathlib.Path(__file__).with_name("averaged_model.json")
path.write_text("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]\n")
