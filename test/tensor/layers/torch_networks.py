"""
The networks of configs/models as PyTorch modules, written from their papers and codes rather than from those files. Each module has a
method `names` that pairs its parameters with the names that the files give: lists on both sides hold the same numbers in the same order.
Reads {function: argument}, writes {function: answer}.
"""
import base64
import json
import math
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def both(ours, theirs, parts=("weight", "bias")):
    return [([f"{theirs}.{part}"], [f"{ours}.{part}"]) for part in parts]


def batch_norm(ours, theirs):
    return both(ours, theirs) + [([f"{theirs}.running_mean"], [f"{ours}.mean"]), ([f"{theirs}.running_var"], [f"{ours}.variance"])]


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden, self.head = nn.Linear(784, width), nn.Linear(width, 10)

    def forward(self, x):
        return self.head(F.relu(self.hidden(x)))

    def names(self):
        return both("hidden", "hidden") + both("head", "head")


class ConvNet(nn.Module):
    """papers' MNIST net; inputs normalised inside."""

    def __init__(self, stem, middle, width):
        super().__init__()
        self.conv1 = nn.Conv2d(1, stem, 3, stride=2)
        self.conv2 = nn.Conv2d(stem, middle, 3)
        self.block1 = nn.Conv2d(middle, middle, 3, padding=1)
        self.conv3 = nn.Conv2d(middle, width, 3)
        self.block2 = nn.Conv2d(width, width, 3, padding=1)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = (x - 0.1307) / 0.3081
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = F.relu(x + self.block1(x))
        x = F.relu(self.conv3(x))
        x = F.relu(x + self.block2(x))
        return self.head(F.avg_pool2d(x, 9).flatten(1))

    def names(self):
        found = []
        for theirs, ours in [("conv1", "conv1"), ("conv2", "conv2"), ("block1", "block1.around.conv"), ("conv3", "conv3"), ("block2", "block2.around.conv"), ("head", "head")]:
            found += both(ours, theirs)
        return found


def cifar(x):
    mean, deviation = torch.tensor([0.4914, 0.4822, 0.4465]), torch.tensor([0.2471, 0.2435, 0.2616])
    return (x - mean[:, None, None]) / deviation[:, None, None]


class PreActBlock(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        if stride != 1 or inputs != channels:
            self.shortcut = nn.Conv2d(inputs, channels, 1, stride=stride, bias=False)

    def forward(self, x):
        out = F.relu(self.bn1(x))
        shortcut = self.shortcut(out) if hasattr(self, "shortcut") else x
        return self.conv2(F.relu(self.bn2(self.conv1(out)))) + shortcut

    def names(self, ours, theirs):
        found = batch_norm(f"{ours}.around.before.bn", f"{theirs}.bn1") + batch_norm(f"{ours}.around.bn2", f"{theirs}.bn2")
        for part in ("conv1", "conv2"):
            found += both(f"{ours}.around.{part}", f"{theirs}.{part}", ["weight"])
        if hasattr(self, "shortcut"):
            found += both(f"{ours}.around.shortcut.conv", f"{theirs}.shortcut", ["weight"])
        return found


class PreActResNet(nn.Module):
    def __init__(self, width, blocks, final=False):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.stages = nn.ModuleList()
        inputs = width
        for stage in range(4):
            channels = width * 2**stage
            self.stages.append(nn.ModuleList())
            for block in range(blocks):
                self.stages[-1].append(PreActBlock(inputs, channels, 2 if stage > 0 and block == 0 else 1))
                inputs = channels
        self.bn = nn.BatchNorm2d(inputs) if final else None
        self.head = nn.Linear(inputs, 10)

    def forward(self, x):
        x = self.stem(cifar(x))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        if self.bn is not None:
            x = F.relu(self.bn(x))
        return self.head(x.mean((2, 3)))

    def names(self):
        found = both("stem", "stem", ["weight"]) + both("head", "head")
        if self.bn is not None:
            found += batch_norm("final.1.bn", "bn")
        for i, stage in enumerate(self.stages):
            for j, block in enumerate(stage):
                place = "first" if j == 0 else f"rest.{j}.block"
                found += block.names(f"stage{i + 1}.{place}", f"stages.{i}.{j}")
        return found


class WideBlock(nn.Module):
    def __init__(self, inputs, channels, stride, bias):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, channels, 3, padding=1, bias=bias)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, bias=bias)
        self.shortcut = nn.Conv2d(inputs, channels, 1, stride=stride, bias=bias) if stride != 1 or inputs != channels else nn.Identity()

    def forward(self, x):
        return self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x)))))) + self.shortcut(x)

    def names(self, ours, theirs):
        found = []
        for part in ("bn1", "bn2"):
            found += batch_norm(f"{ours}.around.{part}", f"{theirs}.{part}")
        for part in ("conv1", "conv2"):
            found += both(f"{ours}.around.{part}", f"{theirs}.{part}")
        if not isinstance(self.shortcut, nn.Identity):
            found += both(f"{ours}.around.shortcut.conv", f"{theirs}.shortcut")
        return found


class WideResNet(nn.Module):
    def __init__(self, factor, blocks, bias):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1, bias=bias)
        self.stages = nn.ModuleList()
        inputs = 16
        for stage in range(3):
            channels = 16 * factor * 2**stage
            self.stages.append(nn.ModuleList())
            for block in range(blocks):
                self.stages[-1].append(WideBlock(inputs, channels, 2 if stage > 0 and block == 0 else 1, bias))
                inputs = channels
        self.bn = nn.BatchNorm2d(inputs)
        self.head = nn.Linear(inputs, 10)

    def forward(self, x):
        x = self.stem(cifar(x))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return self.head(F.relu(self.bn(x)).mean((2, 3)))

    def names(self):
        found = both("stem", "stem") + batch_norm("bn", "bn") + both("head", "head")
        for i, stage in enumerate(self.stages):
            for j, block in enumerate(stage):
                place = "first" if j == 0 else f"rest.{j}.block"
                found += block.names(f"stage{i + 1}.{place}", f"stages.{i}.{j}")
        return found


class VisionTransformer(nn.Module):
    def __init__(self, size, patch, features, depth, heads, classes):
        super().__init__()
        self.patches = nn.Conv2d(3, features, patch, stride=patch)
        self.token = nn.Parameter(torch.zeros(1, 1, features))
        self.positions = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 1, features))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(features, heads, 4 * features, dropout=0, activation="gelu", layer_norm_eps=1e-6, batch_first=True, norm_first=True)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(features, eps=1e-6)
        self.head = nn.Linear(features, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])

    def names(self):
        found = both("patches", "patches") + both("norm", "norm") + both("head", "head")
        found += [(["token"], ["class.weight"]), (["positions"], ["positions.weight"])]
        for i in range(len(self.blocks)):
            ours, theirs = f"blocks.{i + 1}.block", f"blocks.{i}"
            found += both(f"{ours}.look.norm", f"{theirs}.norm1") + both(f"{ours}.think.norm", f"{theirs}.norm2")
            found += both(f"{ours}.think.up", f"{theirs}.linear1") + both(f"{ours}.think.down", f"{theirs}.linear2")
            found += attention(f"{ours}.look.attention", f"{theirs}.self_attn")
        return found


def attention(ours, theirs):
    found = both(f"{ours}.out", f"{theirs}.out_proj")
    return found + [([f"{theirs}.in_proj_{part}"], [f"{ours}.in.{part}"]) for part in ("weight", "bias")]


def cross_attention(ours, theirs):
    found = both(f"{ours}.out", f"{theirs}.out_proj")
    return found + [([f"{theirs}.in_proj_{part}"], [f"{ours}.query.{part}", f"{ours}.memory.{part}"]) for part in ("weight", "bias")]


NTU = [(1, 2), (2, 21), (3, 21), (4, 3), (5, 21), (6, 5), (7, 6), (8, 7), (9, 21), (10, 9), (11, 10), (12, 11), (13, 1), (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18), (20, 19), (22, 23), (23, 8), (24, 25), (25, 12)]


def spatial_adjacency():
    """The spatial strategy of the authors' code."""
    n, centre = 25, 20
    linked = np.eye(n)
    for a, b in NTU:
        linked[a - 1, b - 1] = linked[b - 1, a - 1] = 1
    hops = np.full((n, n), np.inf)
    powers = [np.linalg.matrix_power(linked, d) > 0 for d in range(n)]
    for d in reversed(range(n)):
        hops[powers[d]] = d
    near = (hops <= 1).astype(float)
    normalised = near @ np.diag(1 / near.sum(0))
    parts = []
    for hop in (0, 1):
        root, close, further = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
        for i in range(n):
            for j in range(n):
                if hops[j, i] == hop:
                    if hops[j, centre] == hops[i, centre]:
                        root[j, i] = normalised[j, i]
                    elif hops[j, centre] > hops[i, centre]:
                        close[j, i] = normalised[j, i]
                    else:
                        further[j, i] = normalised[j, i]
        parts += [root] if hop == 0 else [root + close, further]
    return torch.tensor(np.stack(parts), dtype=torch.float32)


class GraphBlock(nn.Module):
    def __init__(self, inputs, channels, kernel, stride, residual):
        super().__init__()
        self.gcn = nn.Conv2d(inputs, 3 * channels, 1)
        self.importance = nn.Parameter(torch.ones(3, 25, 25))
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.tcn = nn.Conv2d(channels, channels, (kernel, 1), (stride, 1), ((kernel - 1) // 2, 0))
        self.residual = residual
        if residual and (inputs != channels or stride != 1):
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, channels, 1, (stride, 1)), nn.BatchNorm2d(channels))

    def forward(self, x, adjacency):
        y = self.gcn(x)
        n, kc, t, v = y.shape
        y = torch.einsum("nkctv,kvw->nctw", y.view(n, 3, kc // 3, t, v), adjacency * self.importance)
        y = self.bn2(self.tcn(F.relu(self.bn1(y))))
        if self.residual:
            y = y + (self.shortcut(x) if hasattr(self, "shortcut") else x)
        return F.relu(y)

    def names(self, number, theirs):
        ours = f"unit{number}.around.main" if self.residual else f"unit{number}"
        found = both(f"{ours}.gcn", f"{theirs}.gcn") + both(f"{ours}.tcn", f"{theirs}.tcn")
        found += [([f"{theirs}.importance"], [f"{ours}.gcn.importance"])]
        found += batch_norm(f"{ours}.bn1", f"{theirs}.bn1") + batch_norm(f"{ours}.bn2", f"{theirs}.bn2")
        if hasattr(self, "shortcut"):
            short = f"unit{number}.around.shortcut"
            found += both(f"{short}.conv", f"{theirs}.shortcut.0") + batch_norm(f"{short}.bn", f"{theirs}.shortcut.1")
        return found


class StGcn(nn.Module):
    """[N, 3, T, V, M]; bodies are samples of their own, as in the authors' code."""

    def __init__(self, channels, strides, kernel, classes):
        super().__init__()
        self.adjacency = spatial_adjacency()
        self.bn = nn.BatchNorm1d(75)
        self.blocks = nn.ModuleList()
        for i, (size, stride) in enumerate(zip(channels, strides)):
            self.blocks.append(GraphBlock(3 if i == 0 else channels[i - 1], size, kernel, stride, i > 0))
        self.head = nn.Conv2d(channels[-1], classes, 1)

    def forward(self, x):
        n, c, t, v, m = x.shape
        x = self.bn(x.permute(0, 4, 3, 1, 2).reshape(n * m, v * c, t))
        x = x.view(n, m, v, c, t).permute(0, 1, 3, 4, 2).reshape(n * m, c, t, v)
        for block in self.blocks:
            x = block(x, self.adjacency)
        x = F.avg_pool2d(x, x.shape[2:]).view(n, m, -1, 1, 1).mean(1)
        return self.head(x).flatten(1)

    def names(self):
        found = batch_norm("bn", "bn") + both("head", "head")
        for i, block in enumerate(self.blocks):
            found += block.names(i + 1, f"blocks.{i}")
        return found


class Transformer(nn.Module):
    """BART: post-norm, learned positions from the third vector on, scores from the embedding."""

    def __init__(self, features, depth, positions, vocabulary=42, heads=8, padding=1):
        super().__init__()
        self.padding = padding
        self.tokens = nn.Embedding(vocabulary, features, padding_idx=padding)
        self.source_positions, self.target_positions = nn.Embedding(positions + 2, features), nn.Embedding(positions + 2, features)
        self.source_norm, self.target_norm = nn.LayerNorm(features), nn.LayerNorm(features)
        settings = dict(dropout=0, activation="gelu", batch_first=True)
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(features, heads, 4 * features, **settings) for _ in range(depth))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(features, heads, 4 * features, **settings) for _ in range(depth))

    def forward(self, source, target):
        return self.decode(source, self.tokens(source), self.tokens(target)) @ self.tokens.weight.T

    def decode(self, source, source_vectors, target_vectors):
        padding = source == self.padding
        x = self.source_norm(source_vectors + self.source_positions(torch.arange(source.shape[1]) + 2))
        for block in self.encoder:
            x = block(x, src_key_padding_mask=padding)
        places = torch.arange(target_vectors.shape[1]) + 2
        later = torch.triu(torch.full((len(places), len(places)), -math.inf), 1)
        y = self.target_norm(target_vectors + self.target_positions(places))
        for block in self.decoder:
            y = block(y, x, tgt_mask=later, memory_key_padding_mask=padding)
        return y

    def names(self):
        found = [(["tokens.weight"], ["tokens.weight"])]
        for part in ("source", "target"):
            found += [([f"{part}_positions.weight"], [f"{part}.positions.weight"])] + both(f"{part}.norm", f"{part}_norm")
        for i in range(len(self.encoder)):
            for side in ("encoder", "decoder"):
                ours, theirs = f"{side}.{i + 1}.block", f"{side}.{i}"
                found += attention(f"{ours}.look.attention", f"{theirs}.self_attn") + both(f"{ours}.norm", f"{theirs}.norm1")
                found += both(f"{ours}.think.around.up", f"{theirs}.linear1") + both(f"{ours}.think.around.down", f"{theirs}.linear2")
                found += both(f"{ours}.think.norm", f"{theirs}.norm{2 if side == 'encoder' else 3}")
            found += cross_attention(f"decoder.{i + 1}.block.recall.attention", f"decoder.{i}.multihead_attn")
            found += both(f"decoder.{i + 1}.block.norm2", f"decoder.{i}.norm2")
        return found


class VaeBlock(nn.Module):
    def __init__(self, inputs, middle, out, size, residual=False):
        super().__init__()
        kernel = 3 if size > 2 else 1
        sizes = [(inputs, middle, 1), (middle, middle, kernel), (middle, middle, kernel), (middle, out, 1)]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, k, padding=k // 2) for a, b, k in sizes)
        self.residual = residual

    def forward(self, x):
        y = x
        for conv in self.convs:
            y = conv(F.gelu(y))
        return x + y if self.residual else y

    @staticmethod
    def names(ours, theirs):
        return [pair for i in range(4) for pair in both(f"{ours}.conv{i + 1}", f"{theirs}.convs.{i}")]


class Vae(nn.Module):
    """
    VDVAE; `encoder`: (size, down), `decoder`: (size, mixed in from or None). Latents are their posterior's means, or drawn with the
    normal numbers of `noise`, a list.
    """

    def __init__(self, width, middle, latent, outputs, encoder, decoder):
        super().__init__()
        self.latent, self.encoder, self.decoder, self.noise = latent, encoder, decoder, None
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.up = nn.ModuleList(VaeBlock(width, middle, width, size, True) for size, _ in encoder)
        self.posterior = nn.ModuleList(VaeBlock(2 * width, middle, 2 * latent, size) for size, _ in decoder)
        self.prior = nn.ModuleList(VaeBlock(width, middle, 2 * latent + width, size) for size, _ in decoder)
        self.spread = nn.ModuleList(nn.Conv2d(latent, width, 1) for _ in decoder)
        self.down = nn.ModuleList(VaeBlock(width, middle, width, size, True) for size, _ in decoder)
        self.starts = nn.ParameterDict({str(size): nn.Parameter(torch.zeros(1, width, size, size)) for size, _ in decoder if size <= 64})
        self.gain, self.bias = nn.Parameter(torch.ones(1, width, 1, 1)), nn.Parameter(torch.zeros(1, width, 1, 1))
        self.out = nn.Conv2d(width, outputs, 1)

    def forward(self, x):
        x = self.stem(x)
        seen = {}
        for block, (size, down) in zip(self.up, self.encoder):
            x = block(x)
            if down > 1:
                x = F.avg_pool2d(x, down, down)
            seen[x.shape[2]] = x
        states = {size: (self.starts[str(size)].repeat(len(x), 1, 1, 1) if str(size) in self.starts else torch.zeros_like(seen[size])) for size, _ in self.decoder}
        divergences = []
        for i, (size, source) in enumerate(self.decoder):
            x = states[size]
            if source is not None:
                x = x + F.interpolate(states[source], scale_factor=size // source)
            qm, qs = self.posterior[i](torch.cat([x, seen[size]], 1)).chunk(2, 1)
            features = self.prior[i](x)
            pm, ps, more = features[:, : self.latent], features[:, self.latent : 2 * self.latent], features[:, 2 * self.latent :]
            q, p = torch.distributions.Normal(qm, qs.exp()), torch.distributions.Normal(pm, ps.exp())
            divergences.append(torch.distributions.kl_divergence(q, p).sum((1, 2, 3)))
            z = qm if self.noise is None else qm + qs.exp() * self.noise[i]
            x = self.down[i](x + more + self.spread[i](z))
            states[size] = x
        self.divergence = torch.stack(divergences, 1)
        return self.out(x * self.gain + self.bias)

    def names(self):
        found = both("ladder.encoder.in", "stem") + both("ladder.decoder.out", "out")
        found += [([part], [f"ladder.decoder.{part}"]) for part in ("gain", "bias")]
        found += [([f"starts.{size}"], [f"ladder.decoder.start{size}"]) for size in self.starts]
        for i in range(len(self.up)):
            found += VaeBlock.names(f"ladder.encoder.block{i + 1}", f"up.{i}")
        for i in range(len(self.decoder)):
            ours = f"ladder.decoder.block{i + 1}"
            found += VaeBlock.names(f"{ours}.posterior", f"posterior.{i}") + VaeBlock.names(f"{ours}.prior", f"prior.{i}")
            found += VaeBlock.names(f"{ours}.residual", f"down.{i}") + both(f"{ours}.latent", f"spread.{i}")
        return found


class Aggregation(nn.Module):
    def __init__(self, variables, features, heads):
        super().__init__()
        self.variables, self.query = nn.Parameter(torch.zeros(1, variables, 1, features)), nn.Parameter(torch.zeros(1, 1, features))
        self.attention = nn.MultiheadAttention(features, heads, batch_first=True)

    def forward(self, x):
        n, v, l, d = x.shape
        keys = (x + self.variables).transpose(1, 2).reshape(n * l, v, d)
        return self.attention(self.query.repeat(n * l, 1, 1), keys, keys)[0].view(n, l, d)


class SharedLayer(nn.Module):
    """A pre-norm layer whose attention differs between representatives and whose rest does not."""

    def __init__(self, features, heads, copies):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attention = nn.ModuleList(nn.MultiheadAttention(features, heads, batch_first=True) for _ in range(copies))
        self.up, self.down = nn.Linear(features, 4 * features), nn.Linear(4 * features, features)

    def forward(self, representatives):
        looked = []
        for own, x in zip(self.attention, representatives):
            y = self.norm1(x)
            looked.append(x + own(y, y, y)[0])
        return [x + self.down(F.gelu(self.up(self.norm2(x)))) for x in looked]

    def names(self, ours, theirs):
        found = both(f"{ours}.look.norm", f"{theirs}.norm1") + both(f"{ours}.think.around.norm", f"{theirs}.norm2")
        found += both(f"{ours}.think.around.up", f"{theirs}.up") + both(f"{ours}.think.around.down", f"{theirs}.down")
        for part in ("weight", "bias"):
            copies = range(len(self.attention))
            found += [([f"{theirs}.attention.{k}.in_proj_{part}" for k in copies], [f"{ours}.look.attention.in.{part}"])]
            found += [([f"{theirs}.attention.{k}.out_proj.{part}" for k in copies], [f"{ours}.look.attention.out.{part}"])]
        return found


class Climate(nn.Module):
    """VarteX, and ClimaX with one representative and no mixing."""

    def __init__(self, variables, rows, columns, features, depth, heads, head_depth, representatives):
        super().__init__()
        self.variables, self.rows, self.columns = variables, rows // 2, columns // 2
        self.patches = nn.ModuleList(nn.Conv2d(1, features, 2, stride=2) for _ in range(variables))
        self.aggregate = nn.ModuleList(Aggregation(variables, features, heads) for _ in range(representatives))
        self.positions = nn.Parameter(torch.zeros(representatives, self.rows * self.columns, features))
        self.lead = nn.Linear(1, features)
        self.mixed = representatives > 1
        self.blocks = nn.ModuleList(SharedLayer(features, heads, representatives) for _ in range(depth))
        self.norms = nn.ModuleList(nn.LayerNorm(features) for _ in range(depth if self.mixed else 1))
        self.mix = nn.ModuleList(SharedLayer(features, heads // representatives, 1) for _ in range(depth - 1 if self.mixed else 0))
        sizes = [features] * (head_depth + 1) + [4 * variables]
        self.heads = nn.ModuleList(nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])) for _ in range(representatives))

    def forward(self, x, lead):
        n = len(x)
        tokens = torch.stack([patch(x[:, i : i + 1]).flatten(2).transpose(1, 2) for i, patch in enumerate(self.patches)], 1)
        lead = self.lead(lead)[:, None]
        values = [aggregate(tokens) + self.positions[k] + lead for k, aggregate in enumerate(self.aggregate)]
        for i, block in enumerate(self.blocks):
            values = block(values)
            if self.mixed or i == len(self.blocks) - 1:
                values = [self.norms[i if self.mixed else 0](value) for value in values]
            if self.mixed and i < len(self.blocks) - 1:
                stacked = torch.stack(values, 2)
                [mixed] = self.mix[i]([stacked.flatten(0, 1)])
                values = list(mixed.view(stacked.shape).unbind(2))
        results = []
        for value, layers in zip(values, self.heads):
            for j, linear in enumerate(layers):
                value = linear(value) if j == len(layers) - 1 else F.gelu(linear(value))
            results.append(value)
        y = torch.stack(results).mean(0).view(n, self.rows, self.columns, 2, 2, self.variables)
        return torch.einsum("nhwpqc->nchpwq", y).reshape(n, self.variables, 2 * self.rows, 2 * self.columns)

    def names(self):
        found = [([f"patches.{i}.{part}" for i in range(self.variables)], [f"patches.{part}"]) for part in ("weight", "bias")]
        found += [(["positions"], ["positions.weight"])] + both("lead", "lead")
        for k in range(len(self.aggregate)):
            ours, theirs = f"aggregate.{k + 1}", f"aggregate.{k}"
            found += [([f"{theirs}.{part}"], [f"{ours}.{part}"]) for part in ("variables", "query")]
            found += cross_attention(ours, f"{theirs}.attention")
        for i, block in enumerate(self.blocks):
            last = i == len(self.blocks) - 1
            ours = "last" if self.mixed and last else f"blocks.{i + 1}.round" if self.mixed else f"blocks.{i + 1}"
            found += block.names(f"{ours}.block", f"blocks.{i}")
            if self.mixed:
                found += both(f"{ours}.norm", f"norms.{i}")
        if not self.mixed:
            found += both("norm", "norms.0")
        for i, block in enumerate(self.mix):
            found += block.names(f"blocks.{i + 1}.mix", f"mix.{i}")
        for j in range(len(self.heads[0])):
            for part in ("weight", "bias"):
                found += [([f"heads.{k}.{j}.{part}" for k in range(len(self.heads))], [f"head{j + 1}.{part}"])]
        return found


NETWORKS = {
    "mlp-mini": lambda: Mlp(32),
    "convnet": lambda: ConvNet(16, 128, 256),
    "convnet-mini": lambda: ConvNet(4, 16, 32),
    "preact-resnet-18": lambda: PreActResNet(64, 2),
    "preact-resnet-18 with a last normalisation": lambda: PreActResNet(64, 2, final=True),
    "preact-resnet-mini": lambda: PreActResNet(8, 1),
    "wrn-28-10": lambda: WideResNet(10, 4, True),
    "wrn-28-10 without biases": lambda: WideResNet(10, 4, False),
    "wrn-mini": lambda: WideResNet(1, 1, True),
    "vit-ti-16": lambda: VisionTransformer(224, 16, 192, 12, 3, 1000),
    "vit-s-16": lambda: VisionTransformer(224, 16, 384, 12, 6, 1000),
    "vit-ti-16-64px": lambda: VisionTransformer(64, 16, 192, 12, 3, 10),
    "vit-mini": lambda: VisionTransformer(32, 8, 32, 2, 2, 10),
    "st-gcn": lambda: StGcn([64] * 4 + [128] * 3 + [256] * 3, [1, 1, 1, 1, 2, 1, 1, 2, 1, 1], 9, 60),
    "st-gcn-mini": lambda: StGcn([16, 16, 32, 32, 64, 64], [1, 1, 2, 1, 2, 1], 5, 10),
    "transformer": lambda: Transformer(512, 6, 10000),
    "transformer-256": lambda: Transformer(256, 3, 128),
    "transformer-mini": lambda: Transformer(32, 1, 16),
    "hvae-mini": lambda outputs=6: Vae(16, 8, 4, outputs, [(32, 1), (32, 2), (16, 1), (16, 2), (8, 1), (8, 2), (4, 4), (1, 1)], [(1, None), (4, 1), (4, None), (8, 4), (8, None), (16, 8), (16, None), (32, 16), (32, None)]),
    "hvae-mini with mixtures": lambda: NETWORKS["hvae-mini"](20),
    "climax-mini": lambda: Climate(16, 16, 32, 64, 2, 4, 1, 1),
    "vartex-mini": lambda: Climate(16, 16, 32, 32, 2, 4, 1, 2),
}


def counts(names):
    return {name: sum(p.numel() for p in NETWORKS[name]().parameters()) for name in names}


def decoded(tensor):
    kind = np.int64 if tensor["type"] == "int64" else np.float32
    return torch.from_numpy(np.frombuffer(base64.b64decode(tensor["data"]), kind).copy()).reshape(tensor["shape"])


def encoded(tensor):
    return base64.b64encode(tensor.detach().contiguous().numpy().astype(np.float32).tobytes()).decode()


def results(cases):
    """
    For each case the output in evaluation; in training the output, the statistics afterwards, and the gradients of sum(output * weights) with
    respect to every parameter and floating-point input.
    """
    answer = {}
    for name, case in cases.items():
        torch.manual_seed(0)
        net = NETWORKS[name]()
        values = {key: decoded(tensor) for key, tensor in case["parameters"].items()}
        own = dict(net.state_dict(keep_vars=True))
        pairs = net.names()
        told = {key for _, ours in pairs for key in ours}
        if told != set(values):
            raise SystemExit(f"{name}: names differ: {sorted(told ^ set(values))[:6]}")
        with torch.no_grad():
            for theirs, ours in pairs:
                flat = torch.cat([values[key].flatten() for key in ours])
                for key, part in zip(theirs, flat.split([own[key].numel() for key in theirs])):
                    own[key].copy_(part.view(own[key].shape))
        inputs = [decoded(tensor) for tensor in case["inputs"].values()]
        net.eval()
        evaluated = net(*inputs)
        found = {"evaluated": encoded(evaluated)}
        if hasattr(net, "divergence"):
            found["divergence"] = encoded(net.divergence)
        for x in inputs:
            x.requires_grad_(x.is_floating_point())
        net.train()
        trained = net(*inputs)
        (trained * decoded(case["weights"])).sum().backward()
        found["trained"] = encoded(trained)
        gradients, statistics = {}, {}
        for theirs, ours in pairs:
            tracked = own[theirs[0]].requires_grad
            flat = torch.cat([(own[key].grad if tracked else own[key]).flatten() for key in theirs])
            for key, part in zip(ours, flat.split([values[key].numel() for key in ours])):
                (gradients if tracked else statistics)[key] = encoded(part)
        for key, x in zip(case["inputs"], inputs):
            if x.is_floating_point():
                gradients[key] = encoded(x.grad)
        answer[name] = {**found, "gradients": gradients, "statistics": statistics}
    return answer


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({name: globals()[name](argument) for name, argument in asked.items()}, sys.stdout)
