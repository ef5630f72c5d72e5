#!/usr/bin/env python3
"""A training step of the text-conditioned autoencoder of perf/TextVae.cs in PyTorch: the same layers, loss and optimiser, float32.

  text     Embedding(2000, 128) -> LSTM(128 -> 256) over T = 16 words -> its last hidden state h
  encoder  side x side x 3 -> convolutions 4x4, stride 2, to 32, 64, 128, 256 channels (ReLU) -> flat; with h: Linear to mean and log-variance, 128 each
  latent   z = mean + eps exp(logvar / 2)
  decoder  [z, h] -> Linear (ReLU) -> transposed convolutions 4x4, stride 2, to 128, 64, 32 (ReLU) and 3 channels: logits
  loss     binary cross-entropy with the picture (summed over pixels, mean over the batch) + divergence from N(0, I); Adam, 1e-3

Alone:  OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=SkylakeX python3 torch_vae.py [steps]
"""
import json, statistics, sys, time
import torch, torch.nn as nn, torch.nn.functional as F


class TextVae(nn.Module):
    def __init__(s, side=64, vocabulary=2000, word=128, hidden=256, latent=128, channels=(32, 64, 128, 256)):
        super().__init__()
        s.embedding, s.lstm = nn.Embedding(vocabulary, word), nn.LSTM(word, hidden)
        c, s.low = [3, *channels], side // 16
        s.encoder = nn.ModuleList([nn.Conv2d(c[i], c[i + 1], 4, 2, 1) for i in range(4)])
        flat = channels[-1] * s.low ** 2
        s.mean, s.logvar, s.start = nn.Linear(flat + hidden, latent), nn.Linear(flat + hidden, latent), nn.Linear(latent + hidden, flat)
        d = [*channels[::-1], 3]
        s.decoder = nn.ModuleList([nn.ConvTranspose2d(d[i], d[i + 1], 4, 2, 1) for i in range(4)])

    def forward(s, words, picture, eps):
        _, (h, _) = s.lstm(s.embedding(words))
        h, x = h[0], picture
        for layer in s.encoder: x = F.relu(layer(x))
        x = torch.cat([x.flatten(1), h], 1)
        mean, logvar = s.mean(x), s.logvar(x)
        z = mean + eps * torch.exp(.5 * logvar)
        y = F.relu(s.start(torch.cat([z, h], 1))).view(len(picture), -1, s.low, s.low)
        for i, layer in enumerate(s.decoder):
            y = layer(y)
            if i < 3: y = F.relu(y)
        return y, mean, logvar


class Step:
    def __init__(s, batch=64, side=64, words=16):
        torch.manual_seed(0)
        s.model = TextVae(side)
        s.words, s.picture, s.eps = torch.randint(0, 2000, (words, batch)), torch.rand(batch, 3, side, side), torch.randn(batch, 128)
        s.optimizer = torch.optim.Adam(s.model.parameters(), lr=1e-3)

    def run(s):
        """The loss, the milliseconds."""
        start = time.perf_counter()
        logits, mean, logvar = s.model(s.words, s.picture, s.eps)
        loss = F.binary_cross_entropy_with_logits(logits, s.picture, reduction='sum') / len(s.picture)
        loss = loss - .5 * torch.sum(1 + logvar - mean * mean - torch.exp(logvar)) / len(s.picture)
        s.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        s.optimizer.step()
        value = loss.item()
        return value, (time.perf_counter() - start) * 1e3


if __name__ == '__main__':
    step = Step()
    for _ in range(3): first, _ = step.run()
    runs = [step.run() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 20)]
    print(json.dumps(dict(torch=torch.__version__, threads=torch.get_num_threads(), parameters=sum(p.numel() for p in step.model.parameters()),
                          ms=statistics.median(t for _, t in runs), loss=runs[-1][0])))
