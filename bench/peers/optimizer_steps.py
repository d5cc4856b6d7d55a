"""A step of torch's optimizers over 1e8 parameters in 300 tensors, and over a small model."""

import os

import torch
from timing import median_seconds, report

O = torch.optim
RULES = {
    "SGD": (O.SGD, {}), "Momentum": (O.SGD, {"momentum": 0.9}),
    "Nesterov": (O.SGD, {"momentum": 0.9, "nesterov": True}), "AdaGrad": (O.Adagrad, {}),
    "Adadelta": (O.Adadelta, {}), "RMSProp": (O.RMSprop, {}), "Adam": (O.Adam, {}),
    "AdamW": (O.AdamW, {}), "AMSGrad": (O.Adam, {"amsgrad": True}), "NAdam": (O.NAdam, {}),
    "RAdam": (O.RAdam, {}), "Adamax": (O.Adamax, {}),
    "RMSPropMomentum": (O.RMSprop, {"momentum": 0.9}),
    "CenteredRMSProp": (O.RMSprop, {"centered": True}),
    "CenteredRMSPropMomentum": (O.RMSprop, {"momentum": 0.9, "centered": True}),
}
FORMS = {"loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}

ELEMENTS = os.environ.get("GRADUS_BENCH_ELEMENTS")

torch.set_num_threads(2)
for size, tensors, elements in ((ELEMENTS or "1e8", 300, int(ELEMENTS or 100_000_000)),
                                ("small", 10, 1000)):
    mean = elements // tensors
    for name, (make, settings) in RULES.items():
        for form, options in FORMS.items():
            parameters = []
            for i in range(tensors):
                x = torch.nn.Parameter(torch.full((mean // 2 + i * mean // (tensors - 1),), 0.5))
                x.grad = torch.full_like(x, 0.01)
                parameters.append(x)
            try:
                optimizer = make(parameters, **settings, **options)
                optimizer.step()
            except (TypeError, RuntimeError):
                continue  # torch lacks this form
            report(f"{name}/{size}", median_seconds(optimizer.step), form)
            del optimizer, parameters
