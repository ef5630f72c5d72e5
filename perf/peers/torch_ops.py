#!/usr/bin/env python3
"""The ops in PyTorch, at the sizes of our cases (tests/Ops), forward and backward.

Each entry takes a size as the case of the same name understands it and gives (forward, leaves): forward() is run with autograd recording, the
gradients of the leaves are the backward pass; no leaves: there is none. Pictures are NCHW, PyTorch's default.

Alone:  OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=SkylakeX python3 torch_ops.py Conv2d 64x32x32x64x64x3x3x1x1x1x1x1x1x0
"""
import json, sys, time
import torch, torch.nn as nn, torch.nn.functional as F


def leaf(*size): return torch.randn(*size).requires_grad_()


def gemm(s):
    m, n, k, ta, tb, acc = s
    a, b = leaf(*((k, m) if ta else (m, k))), leaf(*((n, k) if tb else (k, n)))
    c = torch.randn(m, n)
    product = lambda: torch.mm(a.t() if ta else a, b.t() if tb else b)
    return (lambda: c + product()) if acc else product, [a, b]


def linear(s):
    x, w, b = leaf(s[0], s[1]), leaf(s[2], s[1]), leaf(s[2])
    return lambda: F.linear(x, w, b), [x, w, b]


def conv(s):
    n, h, w, c, k, r, q, sy, sx, py, px, dy, dx, bias = s
    x, weight, b = leaf(n, c, h, w), leaf(k, c, r, q), leaf(k) if bias else None
    return lambda: F.conv2d(x, weight, b, (sy, sx), (py, px), (dy, dx)), [x, weight] + ([b] if bias else [])


def conv_transpose(s):
    n, h, w, c, k, r, q, sy, sx, py, px, oy, ox, dy, dx, bias = s
    x, weight, b = leaf(n, c, h, w), leaf(c, k, r, q), leaf(k) if bias else None
    return lambda: F.conv_transpose2d(x, weight, b, (sy, sx), (py, px), (oy, ox), 1, (dy, dx)), [x, weight] + ([b] if bias else [])


def recurrent(kind):
    def make(s):
        steps, batch, inputs, hidden, _ = s
        layer, x = kind(inputs, hidden), leaf(steps, batch, inputs)
        return lambda: layer(x)[0], [x, *layer.parameters()]
    return make


def activation(s):
    x = leaf(s[1])
    f = [F.relu, lambda v: F.leaky_relu(v, .2), F.silu, F.gelu, torch.tanh, torch.sigmoid][s[0]]
    return lambda: f(x), [x]


def batch_norm(s):
    layer, x = nn.BatchNorm1d(s[1]), leaf(s[0], s[1])
    return lambda: layer(x), [x, *layer.parameters()]


def group_norm(s):
    layer, x = nn.GroupNorm(s[4], s[3]), leaf(s[0], s[3], s[1], s[2])
    return lambda: layer(x), [x, *layer.parameters()]


def layer_norm(s):
    layer, x = nn.LayerNorm(s[1]), leaf(s[0], s[1])
    return lambda: layer(x), [x, *layer.parameters()]


def rms_norm(s):
    x, g = leaf(s[0], s[1]), leaf(s[1])
    return lambda: x * torch.rsqrt((x * x).mean(1, keepdim=True) + 1e-6) * g, [x, g]


def l2_normalize(s):
    x = leaf(s[0], s[1])
    return lambda: F.normalize(x), [x]


def bce(s):
    x, t = leaf(s[0], s[1]), torch.rand(s[0], s[1])
    return lambda: F.binary_cross_entropy_with_logits(x, t, reduction='sum') / s[0], [x]


def mse(s):
    x, t = leaf(s[0], s[1]), torch.randn(s[0], s[1])
    return lambda: F.mse_loss(x, t, reduction='sum') / s[0], [x]


def cross_entropy(s):
    x, t = leaf(s[0], s[1]), torch.tensor([-1 if r % 3 == 2 else r * 7 % s[1] for r in range(s[0])])
    return lambda: F.cross_entropy(x, t, ignore_index=-1), [x]


def info_nce(s):
    a, b, k = leaf(*s), leaf(*s), torch.zeros(1, requires_grad=True)
    t = torch.arange(s[0])
    def forward():
        logits = torch.exp(k) * (a @ b.t())
        return (F.cross_entropy(logits, t) + F.cross_entropy(logits.t(), t)) / 2
    return forward, [a, b, k]


def embedding(s):
    layer, t = nn.Embedding(s[1], s[2], padding_idx=0 if s[3] else None), torch.randint(0, s[1], (s[0],))
    return lambda: layer(t), [layer.weight]


def dropout(s):
    x = leaf(s[0])
    return lambda: F.dropout(x, s[1] / 100), [x]


def channel_modulation(s):
    x, m = leaf(*s), leaf(s[0], 2 * s[2])
    return lambda: x * (1 + m[:, None, :s[2]]) + m[:, None, s[2]:], [x, m]


def concatenate(s):
    parts = [leaf(s[0], c) for c in s[1:]]
    return lambda: torch.cat(parts, 1), parts


def attention(s):
    batch, heads, queries, keys, size, form = s
    q, k, v = leaf(batch, queries, heads * size), leaf(batch, keys, heads * size), leaf(batch, keys, heads * size)
    hidden = torch.zeros(batch, 1, queries, keys, dtype=torch.bool)
    if form % 2: hidden |= torch.arange(keys)[None] > torch.arange(queries)[:, None]
    if form // 2: hidden |= torch.arange(keys) >= torch.tensor([(batch - b - 1) * keys // batch for b in range(batch)])[:, None, None, None]
    def split(x): return x.view(batch, -1, heads, size).transpose(1, 2)
    def forward():
        scores = split(q) @ split(k).transpose(2, 3) * size ** -.5
        if form: scores = scores.masked_fill(hidden, -1e30)
        return (torch.softmax(scores, -1) @ split(v)).transpose(1, 2).reshape(batch, queries, heads * size)
    return forward, [q, k, v]


def elementwise(s):
    y, x = torch.randn(s[0]), torch.randn(s[0])
    def forward():
        y.add_(x); y.add_(x, alpha=3)
        return x * 3
    return forward, []


def reduction(s):
    x = torch.rand(s[0])
    return lambda: (x.sum() * .5, x.norm())[0], []


def reparameterization(s):
    m, v, e = leaf(*s), leaf(*s), torch.randn(*s)
    return lambda: m + e * torch.exp(v / 2), [m, v]


def divergence(s):
    m, v, p, q = leaf(*s), leaf(*s), leaf(*s), leaf(*s)
    return lambda: .5 * torch.sum(q - v + (torch.exp(v) + (m - p) ** 2) / torch.exp(q) - 1) / s[0], [m, v, p, q]


def unit_divergence(s):
    m, v = leaf(*s), leaf(*s)
    return lambda: -.5 * torch.sum(1 + v - m * m - torch.exp(v)) / s[0], [m, v]


def adam(s):
    p = torch.nn.Parameter(torch.randn(s[0])); p.grad = torch.randn(s[0])
    optimizer = torch.optim.Adam([p], lr=.01, weight_decay=.1 if s[2] else 0)
    def forward():
        optimizer.step()
        return p
    return forward, []


OPS = dict(
    Gemm=gemm, Linear=linear, Conv2d=conv, ConvTranspose2d=conv_transpose, Lstm=recurrent(nn.LSTM), Gru=recurrent(nn.GRU), Activation=activation,
    BatchNorm=batch_norm, GroupNorm=group_norm, LayerNorm=layer_norm, RmsNorm=rms_norm, L2Normalize=l2_normalize, BinaryCrossEntropyWithLogits=bce, SquaredError=mse,
    SoftmaxCrossEntropy=cross_entropy, InfoNce=info_nce, Embedding=embedding, Dropout=dropout, Concatenate=concatenate, ChannelModulation=channel_modulation, Attention=attention, Elementwise=elementwise,
    Reduction=reduction, GaussianReparameterization=reparameterization, GaussianKlDivergence=divergence, UnitGaussianKlDivergence=unit_divergence, Adam=adam)


def measure(op, shape, seconds, fewest=5, most=200):
    """Milliseconds of each run, forward and backward in turn; the first two runs are the warm-up."""
    torch.manual_seed(0)
    forward, leaves = OPS[op](shape)
    ahead, back, run, dy = [], [], -2, None
    while run < fewest or (sum(ahead) + sum(back) < seconds * 1e3 and run < most):
        for x in leaves: x.grad = None
        t0 = time.perf_counter(); y = forward(); t1 = time.perf_counter()
        if leaves:
            if dy is None: dy = torch.randn_like(y)
            t2 = time.perf_counter(); y.backward(dy); t3 = time.perf_counter()
        if run >= 0:
            ahead.append((t1 - t0) * 1e3)
            if leaves: back.append((t3 - t2) * 1e3)
        run += 1
    return dict(forward=ahead, backward=back if leaves else None)


if __name__ == '__main__':
    for text in sys.argv[2:]:
        r = measure(sys.argv[1], [int(n) for n in text.split('x')], 1)
        print(json.dumps({k: v and sorted(v)[len(v) // 2] for k, v in r.items()}))
