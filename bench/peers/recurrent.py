"""RNN, GRU and LSTM: batch 32, 64 steps, 128 inputs and hidden units, forward and backward."""

import torch
from timing import each_thread_count, median_seconds, report

LAYERS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}

for suffix in each_thread_count():
    for name, layer in LAYERS.items():
        net = layer(128, 128)
        x = torch.randn(64, 32, 128, requires_grad=True)

        def step():
            net.zero_grad()
            x.grad = None
            net(x)[0].sum().backward()

        report(f"{name}{suffix}", median_seconds(step))
