#!/usr/bin/env python3
"""A training step of a small diffusion U-Net in PyTorch, and the list of its convolutions, which perf/UNetConvolutions.cs holds.

  32x32x3, base 64, levels of 64, 128, 128 channels, one residual block each, attention with one head at 8x8, GroupNorm(32) + SiLU, sinusoidal
  time embedding -> 256, mean squared error of the noise, Adam; batch 32.

Alone:  OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=SkylakeX python3 torch_unet.py [--list]
"""
import json, math, statistics, sys, time
import torch, torch.nn as nn, torch.nn.functional as F


def time_embedding(t, size):
    angle = t[:, None].float() * torch.exp(-math.log(10000) * torch.arange(size // 2) / (size // 2))[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


class Residual(nn.Module):
    def __init__(s, i, o, e):
        super().__init__()
        s.norm1, s.conv1, s.time, s.norm2, s.conv2 = nn.GroupNorm(32, i), nn.Conv2d(i, o, 3, 1, 1), nn.Linear(e, o), nn.GroupNorm(32, o), nn.Conv2d(o, o, 3, 1, 1)
        s.skip = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(s, x, e):
        h = s.conv1(F.silu(s.norm1(x))) + s.time(F.silu(e))[:, :, None, None]
        return s.skip(x) + s.conv2(F.silu(s.norm2(h)))


class Attention(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.norm, s.qkv, s.out = nn.GroupNorm(32, c), nn.Conv2d(c, 3 * c, 1), nn.Conv2d(c, c, 1)

    def forward(s, x):
        b, c, h, w = x.shape
        q, k, v = s.qkv(s.norm(x)).view(b, 3, c, h * w).unbind(1)
        a = torch.softmax(torch.bmm(q.transpose(1, 2), k) * c ** -.5, -1)
        return x + s.out(torch.bmm(v, a.transpose(1, 2)).view(b, c, h, w))


class UNet(nn.Module):
    def __init__(s, base=64, multiples=(1, 2, 2)):
        super().__init__()
        e, s.base, channels = base * 4, base, [base * m for m in multiples]
        s.embed, s.first = nn.Sequential(nn.Linear(base, e), nn.SiLU(), nn.Linear(e, e)), nn.Conv2d(3, base, 3, 1, 1)
        s.down, s.shrink, s.up, s.grow = nn.ModuleList(), nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        skips, c, last = [base], base, len(channels) - 1
        for i, o in enumerate(channels):
            s.down.append(Residual(c, o, e)); c = o; skips.append(c)
            s.shrink.append(nn.Identity() if i == last else nn.Conv2d(c, c, 3, 2, 1))
            if i < last: skips.append(c)
        s.middle1, s.attention, s.middle2 = Residual(c, c, e), Attention(c), Residual(c, c, e)
        for i, o in reversed(list(enumerate(channels))):
            blocks = nn.ModuleList()
            for _ in range(2): blocks.append(Residual(c + skips.pop(), o, e)); c = o
            s.up.append(blocks); s.grow.append(nn.Identity() if i == 0 else nn.Conv2d(c, c, 3, 1, 1))
        s.norm, s.last = nn.GroupNorm(32, c), nn.Conv2d(c, 3, 3, 1, 1)

    def forward(s, x, t):
        e, h = s.embed(time_embedding(t, s.base)), s.first(x)
        skips, levels = [h], len(s.down)
        for i in range(levels):
            h = s.down[i](h, e); skips.append(h)
            if i < levels - 1: h = s.shrink[i](h); skips.append(h)
        h = s.middle2(s.attention(s.middle1(h, e)), e)
        for i in range(levels):
            for block in s.up[i]: h = block(torch.cat([h, skips.pop()], 1), e)
            if i < levels - 1: h = s.grow[i](F.interpolate(h, scale_factor=2, mode='nearest'))
        return s.last(F.silu(s.norm(h)))


def convolutions():
    """(side, inputs, outputs, kernel, stride, padding) -> how many there are, in the order of the forward pass."""
    found, model = {}, UNet()
    def note(m, i, o):
        key = (i[0].shape[2], m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0], m.padding[0])
        found[key] = found.get(key, 0) + 1
    for m in model.modules():
        if isinstance(m, nn.Conv2d): m.register_forward_hook(note)
    with torch.no_grad(): model(torch.zeros(1, 3, 32, 32), torch.zeros(1, dtype=torch.long))
    return found


if __name__ == '__main__':
    if '--list' in sys.argv:
        for key, count in convolutions().items(): print(count, *key)
        sys.exit()
    torch.manual_seed(0)
    model, batch, times = UNet(), 32, []
    x, noise, t = torch.randn(batch, 3, 32, 32), torch.randn(batch, 3, 32, 32), torch.randint(0, 1000, (batch,))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(10):
        start = time.perf_counter()
        loss = F.mse_loss(model(x, t), noise); optimizer.zero_grad(set_to_none=True); loss.backward(); optimizer.step(); value = loss.item()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps(dict(torch=torch.__version__, threads=torch.get_num_threads(), parameters=sum(p.numel() for p in model.parameters()), ms=statistics.median(times[2:]), loss=value)))
