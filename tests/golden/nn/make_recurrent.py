"""Writes rnn.json, lstm.json, gru.json and those of their cells. Run: python make_recurrent.py"""
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from module_cases import *

T, N, IN, H = 3, 3, 2, 2


def run(batch_first):
    def call(net, x, h_0, c_0, lengths):
        state = None if h_0 is None else h_0 if c_0 is None else (h_0, c_0)
        if lengths is None:
            return net(x, state)
        packed = pack_padded_sequence(x, lengths, batch_first, enforce_sorted=False)
        output, last = net(packed, state)
        return pad_packed_sequence(output, batch_first, total_length=T)[0], last
    return call


def layer_case(kind, layers=1, bidirectional=False, batch_first=False, bias=True, lengths=None,
               state=False, batched=True, **more):
    net = kind(IN, H, layers, bias=bias, batch_first=batch_first, bidirectional=bidirectional,
               **more)
    shape = ([N, T, IN] if batch_first else [T, N, IN]) if batched else [T, IN]
    rows, batch = layers * (1 + bidirectional), [N] if batched else []
    lstm = kind is torch.nn.LSTM
    h_0 = rand(rows, *batch, more.get("proj_size") or H) if state else None
    c_0 = rand(rows, *batch, H) if state and lstm else None
    args = dict(num_layers=layers, bidirectional=bidirectional, batch_first=batch_first, bias=bias)
    args |= dict(proj_size=0) if lstm else {}
    args |= dict(nonlinearity="tanh") if kind is torch.nn.RNN else {}
    lengths = None if lengths is None else torch.tensor(lengths)
    return module_case(net, [rand(*shape), h_0, c_0, lengths], args | more, call=run(batch_first))


def layer_cases(kind):
    forms = [dict(), dict(batch_first=True, bias=False, state=True),
             dict(lengths=[2, 3, 1], state=True), dict(batch_first=True, lengths=[1, 1, 2])]
    cases = [layer_case(kind, layers, both, **form)
             for layers in (1, 2) for both in (False, True)
             for form in (forms[2:3] if layers == 2 and both else forms)]
    return cases + [layer_case(kind, batched=False),
                    layer_case(kind, 1, True, bias=False, batch_first=True, batched=False,
                               state=True)]


write("rnn", layer_cases(torch.nn.RNN) + [
    layer_case(torch.nn.RNN, layers, both, nonlinearity="relu", lengths=lengths, state=True)
    for layers, both, lengths in [(1, False, None), (2, True, [3, 1, 2])]])
write("gru", layer_cases(torch.nn.GRU))
write("lstm", layer_cases(torch.nn.LSTM) + [
    layer_case(torch.nn.LSTM, layers, both, proj_size=1, lengths=lengths, state=state)
    for layers, both, lengths, state in [(1, True, [2, 3, 1], True), (2, False, None, False)]])


def cell_case(kind, shape, hidden, bias, state, **more):
    cell = kind(shape[-1], hidden, bias=bias, **more)
    h = [rand(*shape[:-1], hidden) if state else None for _ in range(2)]
    if kind is not torch.nn.LSTMCell:
        h[1] = None

    def call(net, x, h, c):
        return net(x, None if h is None else h if c is None else (h, c))
    args = dict(input_size=shape[-1], hidden_size=hidden, bias=bias, nonlinearity="tanh")
    return module_case(cell, [rand(*shape), *h], args | more, call=call)


def cell_cases(kind, **more):
    return [cell_case(kind, shape, hidden, bias, state, **more)
            for shape, hidden in [((3, 2), 2), ((1, 1), 3), ((2,), 2)]
            for bias in (True, False) for state in (True, False)]


write("rnn_cell", cell_cases(torch.nn.RNNCell) + cell_cases(torch.nn.RNNCell, nonlinearity="relu"))
write("lstm_cell", cell_cases(torch.nn.LSTMCell))
write("gru_cell", cell_cases(torch.nn.GRUCell))
