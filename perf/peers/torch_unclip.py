#!/usr/bin/env python3
"""The networks of unCLIP (src/Models/Unclip) in PyTorch, over our own checkpoints' names and values, and their training steps, which perf/compare measures.

  text      caption encoder: word vectors -> LSTM -> the state after the last word; or a causal transformer (textLayers > 0)
  image     convolutions 4x4 of stride 2, each followed by a residual block
  contrast  both to unit vectors of one space; symmetric contrastive loss
  prior     residual perceptron: noisy image embedding, caption's embedding and time -> image embedding
  decoder   U-Net over patches of 2x2 pixels with residual blocks that time and embedding modulate, and attention at its lowest level

Modules and their parts are named as ours, so that a tensor of a checkpoint finds its parameter by name. Maps are NCHW, PyTorch's default.

Alone:  python3 torch_unclip.py FILE
FILE, in the safetensors format, holds the metadata 'sizes' (UnclipArchitecture as JSON), each parameter by its name, and for some of the networks
  input.NETWORK.NAME   what goes in         output.NETWORK   what our network gave         slope.NETWORK   the gradient of the output
  gradient.NAME        what ours gave as the gradient of a parameter, or of an input
PyTorch computes the same in float64; the worst difference of each tensor, by the largest value of the expected one, is printed. The exit code is 1 where one is above 1e-4.
"""
import collections, json, math, sys, time
import numpy, torch, torch.nn as nn, torch.nn.functional as F

TOLERANCE = 1e-4


def named(**parts): return nn.Sequential(collections.OrderedDict(parts))


def time_embedding(t, width):
    angle = 1000 * t[:, None] * torch.exp(-math.log(10000) * torch.arange(width // 2, dtype=t.dtype) / (width // 2))[None]
    return torch.cat([angle.cos(), angle.sin()], 1)


class GroupNorm(nn.GroupNorm):
    """Eight groups, or the most below that divide the channels; then each sample's gain and shift, then SiLU."""
    def __init__(s, channels): super().__init__(next(g for g in range(8, 0, -1) if channels % g == 0), channels)

    def forward(s, x, modulation=None, activates=True):
        y = super().forward(x)
        if modulation is not None:
            gain, shift = modulation[:, :, None, None].chunk(2, 1)
            y = y * (1 + gain) + shift
        return F.silu(y) if activates else y


class ResidualBlock(nn.Module):
    def __init__(s, i, o, conditions=0):
        super().__init__()
        s.firstNorm, s.firstConvolution, s.secondNorm, s.secondConvolution = GroupNorm(i), nn.Conv2d(i, o, 3, 1, 1), GroupNorm(o), nn.Conv2d(o, o, 3, 1, 1)
        s.modulate = nn.Linear(conditions, 2 * o) if conditions else None
        s.shortcut = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(s, x, condition=None):
        h = s.firstConvolution(s.firstNorm(x))
        return s.shortcut(x) + s.secondConvolution(s.secondNorm(h, s.modulate(condition) if s.modulate else None))


class Attention(nn.Module):
    def __init__(s, width, heads, causal=False):
        super().__init__()
        s.heads, s.causal = heads, causal
        s.query, s.key, s.value, s.output = nn.Linear(width, width), nn.Linear(width, width, bias=False), nn.Linear(width, width), nn.Linear(width, width)

    def forward(s, x, lengths=None):
        """x [batch, length, width]; keys from a sample's length on are not seen."""
        b, n, w = x.shape
        q, k, v = (p(x).view(b, n, s.heads, w // s.heads).transpose(1, 2) for p in (s.query, s.key, s.value))
        scores = q @ k.transpose(2, 3) * (w // s.heads) ** -.5
        if s.causal: scores = scores.masked_fill(torch.ones(n, n, dtype=torch.bool).triu(1), -math.inf)
        if lengths is not None: scores = scores.masked_fill(torch.arange(n)[None, None, None] >= lengths[:, None, None, None], -math.inf)
        return s.output((torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(b, n, w))


class RecurrentText(nn.Module):
    def __init__(s, z):
        super().__init__()
        if z['cell'] != 'Lstm': raise ValueError(f"the cell {z['cell']} has no counterpart here")
        s.embedding, s.recurrent = nn.Embedding(z['vocabulary'], z['wordFeatures'], padding_idx=0), nn.LSTM(z['wordFeatures'], z['textFeatures'])

    def forward(s, tokens, lengths):
        states, _ = s.recurrent(s.embedding(tokens.t()))
        return states[lengths - 1, torch.arange(len(lengths))]


class TransformerText(nn.Module):
    def __init__(s, z):
        super().__init__()
        width = z['textFeatures']
        s.embedding, s.positions, s.norm = nn.Embedding(z['vocabulary'], width, padding_idx=0), Positions(z['mostWords'], width), nn.LayerNorm(width)
        s.blocks = [TransformerBlock(width, z['textHeads']) for _ in range(z['textLayers'])]
        for i, block in enumerate(s.blocks): s.add_module(f'block{i + 1}', block)

    def forward(s, tokens, lengths):
        x = s.positions(s.embedding(tokens))
        for block in s.blocks: x = block(x, lengths)
        return s.norm(x[torch.arange(len(lengths)), lengths - 1])


class TransformerBlock(nn.Module):
    def __init__(s, width, heads):
        super().__init__()
        s.attentionNorm, s.attention = nn.LayerNorm(width), Attention(width, heads, causal=True)
        s.perceptron = named(norm=nn.LayerNorm(width), expand=nn.Linear(width, 4 * width), activation=QuickGELU(), project=nn.Linear(4 * width, width))

    def forward(s, x, lengths):
        x = x + s.attention(s.attentionNorm(x), lengths)
        return x + s.perceptron(x)


class QuickGELU(nn.Module):
    def forward(s, x): return x * torch.sigmoid(1.702 * x)


class Positions(nn.Module):
    def __init__(s, rows, width):
        super().__init__()
        s.table = nn.Parameter(torch.randn(rows, width) * .01)

    def forward(s, x): return x + s.table[:x.shape[1]]


class ImageEncoder(nn.Module):
    def __init__(s, z):
        super().__init__()
        c = [3, *z['encoderChannels']]
        s.levels, s.norm = [], GroupNorm(c[-1])
        for i in range(1, len(c)):
            s.levels.append((nn.Conv2d(c[i - 1], c[i], 4, 2, 1), ResidualBlock(c[i], c[i])))
            s.add_module(f'halve{i}', s.levels[-1][0]); s.add_module(f'block{i}', s.levels[-1][1])

    def forward(s, pictures):
        for halve, block in s.levels: pictures = block(halve(pictures))
        return s.norm(pictures).permute(0, 2, 3, 1).flatten(1)


class Contrast(nn.Module):
    def __init__(s, z):
        super().__init__()
        features = z['encoderChannels'][-1] * (z['imageSide'] >> len(z['encoderChannels'])) ** 2
        s.text, s.image = named(project=nn.Linear(z['textFeatures'], z['embedding'], bias=False)), named(project=nn.Linear(features, z['embedding'], bias=False))
        s.loss = InfoNce()

    def forward(s, text, image): return s.loss(F.normalize(s.text(text)), F.normalize(s.image(image)))


class InfoNce(nn.Module):
    def __init__(s):
        super().__init__()
        s.logInverseTemperature = nn.Parameter(torch.tensor([math.log(1 / .07)]))

    def forward(s, a, b):
        with torch.no_grad(): s.logInverseTemperature.clamp_(max=math.log(100))
        logits, t = torch.exp(s.logInverseTemperature) * (a @ b.t()), torch.arange(len(a))
        return ((F.cross_entropy(logits, t) + F.cross_entropy(logits.t(), t)) / 2)[None]


def perceptron(width): return named(first=nn.Linear(width, width), activation=nn.SiLU(), second=nn.Linear(width, width))


class Prior(nn.Module):
    def __init__(s, z):
        super().__init__()
        s.width, e = z['priorWidth'], z['embedding']
        s.time, s.start, s.end = perceptron(s.width), nn.Linear(2 * e, s.width), named(norm=nn.LayerNorm(s.width), project=nn.Linear(s.width, e))
        s.blocks = [PriorBlock(s.width) for _ in range(z['priorBlocks'])]
        for i, block in enumerate(s.blocks): s.add_module(f'block{i + 1}', block)

    def forward(s, noisy, text, times):
        condition = s.time(time_embedding(times, s.width))
        h = s.start(torch.cat([noisy, text], 1)) + condition
        for block in s.blocks: h = block(h, condition)
        return s.end(h)


class PriorBlock(nn.Module):
    def __init__(s, width):
        super().__init__()
        s.norm, s.condition, s.branch = nn.LayerNorm(width), nn.Linear(width, width), perceptron(width)

    def forward(s, h, condition): return h + s.branch(s.norm(h) + s.condition(condition))


class Level(nn.Module):
    """Blocks of a level of the U-Net, then a convolution that halves the map on the way down, or doubles it on the way up."""
    def __init__(s, channels, count, conditions, isUp, following):
        super().__init__()
        s.blocks = [ResidualBlock(2 * channels if isUp and i == 0 else channels, channels, conditions) for i in range(count)]
        for i, block in enumerate(s.blocks): s.add_module(f'block{i + 1}', block)
        if following and isUp: s.twice = nn.ConvTranspose2d(channels, following, 4, 2, 1)
        elif following: s.halve = nn.Conv2d(channels, following, 4, 2, 1)

    def forward(s, x, condition):
        for block in s.blocks: x = block(x, condition)
        return x


class UNet(nn.Module):
    def __init__(s, z):
        super().__init__()
        c, n, w, e = z['decoderChannels'], z['decoderBlocks'], z['decoderConditions'], z['embedding']
        side = z['imageSide'] // 2
        s.width, s.low = w, side >> (len(c) - 1)
        s.time, s.embed, s.first, s.positions = perceptron(w), nn.Linear(e, w), nn.Conv2d(12, c[0], 3, 1, 1), Positions(side * side, c[0])
        s.place, s.middle = nn.Linear(e, s.low * s.low * c[-1]), ResidualBlock(c[-1], c[-1], w)
        s.attentionNorm, s.attention = GroupNorm(c[-1]), Attention(c[-1], z['decoderHeads'])
        s.lastNorm, s.last = GroupNorm(c[0]), nn.Conv2d(c[0], 12, 3, 1, 1)
        s.downs = [Level(own, n, w, False, c[i + 1] if i + 1 < len(c) else 0) for i, own in enumerate(c)]
        s.ups = [Level(own, n, w, True, c[i - 1] if i > 0 else 0) for i, own in enumerate(c)]
        for i in range(len(c)): s.add_module(f'down{i + 1}', s.downs[i]); s.add_module(f'up{i + 1}', s.ups[i])

    def forward(s, noisy, embedding, times):
        condition = F.silu(s.time(time_embedding(times, s.width)) + s.embed(embedding))
        b, _, h, w = noisy.shape
        # A patch's pixels row by row, the colors of each beside each other.
        x = s.first(noisy.view(b, 3, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(b, 12, h // 2, w // 2))
        x, skips = x + s.positions.table.t().view(1, -1, h // 2, w // 2), []
        for down in s.downs:
            x = down(x, condition); skips.append(x)
            if hasattr(down, 'halve'): x = down.halve(x)
        x = s.middle(x + s.place(embedding).view(b, s.low, s.low, -1).permute(0, 3, 1, 2), condition)
        seen = s.attention(s.attentionNorm(x, activates=False).flatten(2).transpose(1, 2))
        x = x + seen.transpose(1, 2).reshape(x.shape)
        for up in reversed(s.ups):
            x = up(torch.cat([x, skips.pop()], 1), condition)
            if hasattr(up, 'twice'): x = up.twice(x)
        return s.last(s.lastNorm(x)).view(b, 2, 2, 3, h // 2, w // 2).permute(0, 3, 4, 1, 5, 2).reshape(b, 3, h, w)


NETWORKS = dict(text=lambda z: TransformerText(z) if z['textLayers'] else RecurrentText(z), image=ImageEncoder, contrast=Contrast, prior=Prior, decoder=UNet)

# Of each kind of module: our name of a parameter, PyTorch's, and the order in which it has our axes.
PARAMETERS = [
    (nn.Linear, [('weight', 'weight', (1, 0)), ('bias', 'bias', (0,))]),
    ((nn.Conv2d, nn.ConvTranspose2d), [('weight', 'weight', (3, 2, 0, 1)), ('bias', 'bias', (0,))]),
    ((nn.GroupNorm, nn.LayerNorm), [('gamma', 'weight', (0,)), ('beta', 'bias', (0,))]),
    (nn.Embedding, [('weight', 'weight', (0, 1))]),
    (nn.LSTM, [('weight', 'weight_ih_l0', (1, 0)), ('recurrentWeight', 'weight_hh_l0', (1, 0)), ('bias', 'bias_ih_l0', (0,))]),
    (Positions, [('table', 'table', (0, 1))]),
    (InfoNce, [('logInverseTemperature', 'logInverseTemperature', (0,))]),
]


def parameters(network, name):
    """Of a network of ours of that name: each parameter's full name, the parameter here, and the order in which it has our axes."""
    for path, module in network.named_modules(prefix=name):
        for kind, names in PARAMETERS:
            if isinstance(module, kind):
                yield from ((f'{path}.{ours}', getattr(module, theirs), axes) for ours, theirs, axes in names if getattr(module, theirs) is not None)


def load(network, name, tensors):
    """Takes values from the tensors of a checkpoint; all of the network's, and no other of that name, must be there."""
    known = set()
    with torch.no_grad():
        for m in network.modules():
            if isinstance(m, nn.LSTM): m.bias_hh_l0.zero_()  # We have one bias, PyTorch two.
        for full, parameter, axes in parameters(network, name):
            value = tensors[full].permute(axes)
            if value.shape != parameter.shape: raise ValueError(f'{full} has the shape {tuple(value.shape)} here, not {tuple(parameter.shape)}')
            parameter.copy_(value); known.add(full)
    left = [full for full in tensors if full.startswith(f'{name}.') and full not in known]
    if left: raise ValueError(f'{left} are no parameters of {name} here')


def read(path):
    """The tensors of a safetensors file by name, and its metadata."""
    with open(path, 'rb') as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), 'little')))
        data = f.read()
    metadata, types = header.pop('__metadata__', {}), dict(F32='<f4', I32='<i4', I64='<i8', U8='u1')
    def tensor(t):
        begin, end = t['data_offsets']
        return torch.from_numpy(numpy.frombuffer(data[begin:end], types[t['dtype']]).reshape(t['shape']).copy())
    return {name: tensor(t) for name, t in header.items()}, metadata


def channels_first(x): return x.permute(0, 3, 1, 2) if x.dim() == 4 else x


def compare(path):
    """Whether PyTorch gives what ours gave."""
    tensors, metadata = read(path)
    sizes, tensors = json.loads(metadata['sizes']), {name: t.double() if t.is_floating_point() else t.long() for name, t in tensors.items()}
    passed, compared = True, set()
    def judge(name, expected):
        nonlocal passed
        ours, expected = tensors[name], expected.detach()
        worst = ((ours - expected).abs().max() / expected.abs().max()).item() if ours.shape == expected.shape else math.nan
        passed &= worst <= TOLERANCE; compared.add(name)
        print(f"{worst:9.2e}  {name}{'' if worst <= TOLERANCE else '   FAILED'}")
    for network in NETWORKS:
        if f'output.{network}' not in tensors: continue
        model = NETWORKS[network](sizes).double()
        load(model, network, tensors)
        prefix = f'input.{network}.'
        inputs = {name: t.requires_grad_(f'gradient.{name}' in tensors) for name, t in tensors.items() if name.startswith(prefix)}
        y = model(**{name[len(prefix):]: channels_first(t) for name, t in inputs.items()})
        slope = tensors[f'slope.{network}']
        y.backward(channels_first(slope))
        judge(f'output.{network}', y.permute(0, 2, 3, 1) if y.dim() == 4 else y)
        for name, t in inputs.items():
            if t.grad is not None: judge(f'gradient.{name}', t.grad)
        for name, parameter, axes in parameters(model, network): judge(f'gradient.{name}', parameter.grad.permute([axes.index(i) for i in range(len(axes))]))
    left = [name for name in tensors if name.startswith(('output.', 'gradient.')) and name not in compared]
    if left: print(f'not compared: {left}')
    return passed and not left and len(compared) > 0


class Step:
    """A training step of a stage, as perf/UnclipStep.cs has it: what it is given stays the same, the noise is drawn anew; Adam, 1e-3, without clipping."""
    def __init__(s, stage, sizes, batch, words):
        torch.manual_seed(0)
        side, e = sizes['imageSide'], sizes['embedding']
        s.networks = {name: NETWORKS[name](sizes) for name in (['text', 'image', 'contrast'] if stage == 'clip' else [stage])}
        s.optimizer = torch.optim.Adam([p for network in s.networks.values() for p in network.parameters()], lr=1e-3)
        s.pictures, s.embeddings, s.captions = torch.rand(batch, 3, side, side) * 2 - 1, torch.randn(batch, e), torch.randn(batch, e)
        s.tokens, s.lengths = torch.randint(1, sizes['vocabulary'], (batch, words)), torch.full((batch,), words)
        s.times = (torch.arange(batch) + .5) / batch
        s.alpha, s.sigma = torch.cos(s.times * math.pi / 2), torch.sin(s.times * math.pi / 2)
        s.weights, s.loss = torch.ones(batch), getattr(s, stage)

    def clip(s): return s.networks['contrast'](s.networks['text'](s.tokens, s.lengths), s.networks['image'](s.pictures))

    def noisy(s, x):
        shape, noise = (-1,) + (1,) * (x.dim() - 1), torch.randn_like(x)
        a, b = s.alpha.view(shape), s.sigma.view(shape)
        return a * x + b * noise, a * noise - b * x

    def error(s, prediction, target): return (s.weights * (prediction - target).square().flatten(1).mean(1)).mean()

    def prior(s):
        noisy, _ = s.noisy(s.embeddings)
        return s.error(s.networks['prior'](noisy, s.captions, s.times), s.embeddings)

    def decoder(s):
        noisy, velocity = s.noisy(s.pictures)
        return s.error(s.networks['decoder'](noisy, s.embeddings, s.times), velocity)

    def run(s):
        """The loss, the milliseconds."""
        start = time.perf_counter()
        loss = s.loss()
        s.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        s.optimizer.step()
        value = loss.item()
        return value, (time.perf_counter() - start) * 1e3


if __name__ == '__main__': sys.exit(0 if compare(sys.argv[1]) else 1)
