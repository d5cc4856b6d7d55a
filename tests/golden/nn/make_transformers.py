"""Writes transformer_encoder_layer.json, transformer_decoder_layer.json, transformer_encoder.json,
transformer_decoder.json and transformer.json. Run: python make_transformers.py

Two numbers that are normalized give 1 and -1 whatever they are, unless eps is large: with
d_model 2 it is 0.5."""
import warnings

from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from module_cases import *

warnings.filterwarnings("ignore")  # of nested tensors, and of masks of two kinds
DEFAULTS = dict(d_model=4, nhead=2, dim_feedforward=3, dropout=0.0, activation="relu",
                layer_norm_eps=1e-5, batch_first=False, norm_first=False, bias=True)
SMALL = dict(d_model=2, nhead=1, dim_feedforward=2, layer_norm_eps=0.5)
N, S, T = 2, 3, 2
inf = math.inf


def causal(rows, columns):
    return torch.ones(rows, columns, dtype=torch.bool).triu(1)


def math_only(f):
    """The other ways to attend have no second derivative."""
    def run(*x):
        with sdpa_kernel(SDPBackend.MATH):
            return f(*x)
    return run


def sequence(length, options, *, batch=True, n=N):
    c = options["d_model"]
    if not batch:
        return rand(length, c)
    return rand(n, length, c) if options["batch_first"] else rand(length, n, c)


def last_norm(options):
    return nn.LayerNorm(options["d_model"], eps=options["layer_norm_eps"])


def bools(*rows):
    return torch.tensor(rows, dtype=torch.bool)


def encoder(make, extra=(), *, batch=True, n=N, length=S, mask=None, padding=None,
            is_causal=False, train=True, **options):
    options = DEFAULTS | options
    x = sequence(length, options, batch=batch, n=n)
    names = ("src_mask",) if make is nn.TransformerEncoderLayer else ("mask",)

    def run(m, x, mask, padding):
        if is_causal:  # PyTorch wants the mask beside the hint
            mask = causal(length, length)
        return m(x, **{names[0]: mask}, src_key_padding_mask=padding, is_causal=is_causal)

    module = nn.TransformerEncoderLayer(**options)
    if make is nn.TransformerEncoder:
        layers, norm = extra
        module = nn.TransformerEncoder(
            module, layers, last_norm(options) if norm else None, enable_nested_tensor=False)
    args = options | dict(is_causal=is_causal)
    if extra:
        args |= dict(num_layers=extra[0], norm=extra[1])
    return module_case(module, [x, mask, padding], args, call=math_only(run), train=train)


def decoder(make, extra=(), *, batch=True, n=N, tgt_mask=None, memory_mask=None,
            tgt_padding=None, memory_padding=None, tgt_is_causal=False, memory_is_causal=False,
            train=True, **options):
    options = DEFAULTS | options
    x, memory = sequence(T, options, batch=batch, n=n), sequence(S, options, batch=batch, n=n)

    def run(m, x, memory, tgt_mask, memory_mask, tgt_padding, memory_padding):
        tgt_mask = causal(T, T) if tgt_is_causal else tgt_mask
        memory_mask = causal(T, S) if memory_is_causal else memory_mask
        return m(x, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                 tgt_key_padding_mask=tgt_padding, memory_key_padding_mask=memory_padding)

    module = nn.TransformerDecoderLayer(**options)
    if make is nn.TransformerDecoder:
        layers, norm = extra
        module = nn.TransformerDecoder(
            module, layers, last_norm(options) if norm else None)
    args = options | dict(tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal)
    if extra:
        args |= dict(num_layers=extra[0], norm=extra[1])
    return module_case(module, [x, memory, tgt_mask, memory_mask, tgt_padding, memory_padding],
                       args, call=math_only(run), train=train)


# A row that nobody may look at would be NaN in PyTorch: every query sees a key here.
square = bools((0, 1, 0), (0, 0, 1), (1, 0, 0))
padded = bools((0, 0, 1), (0, 1, 0))
added = torch.tensor([[0.0, -inf, 0.3], [1.1, 0.0, -0.4], [-inf, 0.2, 0.0]])
write("transformer_encoder_layer", [
    encoder(nn.TransformerEncoderLayer, **case) for case in (
        dict(), dict(norm_first=True), dict(activation="gelu"),
        dict(activation="gelu", norm_first=True, bias=False), dict(batch_first=True),
        dict(batch_first=True, norm_first=True, padding=padded), dict(mask=square),
        dict(mask=added, padding=rand(N, S), nhead=1), dict(is_causal=True, nhead=4),
        dict(is_causal=True, norm_first=True, batch_first=True, d_model=3, nhead=3),
        dict(batch=False, mask=square, padding=padded[0], d_model=3, nhead=1),
        dict(mask=torch.stack([square, square.T] * N), d_model=2, layer_norm_eps=0.5),
        dict(dropout=0.5, train=False, d_model=3, nhead=1),
        dict(n=0, d_model=3, nhead=1), dict(length=1, d_model=3, nhead=1))])

look = bools((0, 1, 0), (0, 0, 1))
write("transformer_decoder_layer", [
    decoder(nn.TransformerDecoderLayer, **(dict(d_model=3, nhead=1) | case)) for case in (
        dict(), dict(norm_first=True, nhead=3), dict(activation="gelu", bias=False),
        dict(activation="gelu", norm_first=True, bias=False), dict(batch_first=True, bias=False),
        dict(batch_first=True, norm_first=True, memory_padding=padded, tgt_is_causal=True),
        dict(tgt_mask=bools((0, 1), (1, 0)), memory_mask=look),
        dict(tgt_mask=rand(T, T), memory_mask=rand(T, S), memory_padding=rand(N, S),
             bias=False),
        dict(tgt_is_causal=True, memory_is_causal=True, nhead=3),
        dict(batch=False, tgt_padding=bools(0, 1), memory_padding=padded[0]),
        dict(tgt_padding=bools((0, 1), (0, 0)), memory_mask=torch.stack([look] * N)),
        dict(dropout=0.5, train=False), dict(n=0))])

for make, f, name in ((nn.TransformerEncoder, encoder, "transformer_encoder"),
                      (nn.TransformerDecoder, decoder, "transformer_decoder")):
    mask = dict(mask=square) if f is encoder else dict(memory_mask=look)
    padding = dict(padding=padded) if f is encoder else dict(memory_padding=padded)
    ahead = dict(is_causal=True) if f is encoder else dict(tgt_is_causal=True)
    write(name, [
        f(make, (layers, norm), **(SMALL | case)) for layers, norm, case in (
            (2, False, {}), (2, True, dict(bias=False)), (1, True, dict(norm_first=True)),
            (3, False, dict(bias=False)), (1, True, dict(norm_first=True, activation="gelu")),
            (1, False, dict(batch_first=True)), (2, True, mask | dict(bias=False)),
            (1, False, padding), (1, False, ahead), (1, True, dict(n=0)),
            (1, True, ahead | dict(norm_first=True, nhead=2)), (1, False, dict(batch=False)),
            (2, True, dict(dropout=0.5, train=False, bias=False)))])


def whole(layers, *, batch=True, mask=None, causal_decoder=False, train=True, **options):
    options = DEFAULTS | SMALL | options
    x, y = sequence(S, options, batch=batch), sequence(T, options, batch=batch)
    module = nn.Transformer(options["d_model"], options["nhead"], *layers,
                            **{k: v for k, v in options.items() if k not in ("d_model", "nhead")})

    def run(m, x, y, mask):
        return m(x, y, src_mask=mask, tgt_mask=causal(T, T) if causal_decoder else None)

    args = options | dict(layers=list(layers), tgt_is_causal=causal_decoder)
    return module_case(module, [x, y, mask], args, call=math_only(run), train=train)


bare = dict(bias=False)
write("transformer", [whole(layers, **case) for layers, case in (
    ((1, 1), {}), ((1, 2), bare), ((1, 1), bare | dict(norm_first=True)),
    ((1, 1), dict(activation="gelu")), ((1, 1), bare | dict(batch_first=True)),
    ((1, 1), bare | dict(batch=False)), ((1, 1), bare | dict(mask=square)),
    ((1, 1), bare | dict(mask=added)), ((1, 1), bare | dict(causal_decoder=True)),
    ((1, 1), dict(nhead=2)), ((1, 1), bare | dict(dropout=0.5, train=False)),
    ((1, 1), dict(causal_decoder=True, norm_first=True, batch_first=True, activation="gelu")))])
