"""
The networks of networks.ts as PyTorch modules, as one would write them. `names` pairs a module's parameters with ours: the lists on
both sides hold the same numbers in the same order.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F


def both(ours, theirs, parts=("weight", "bias")):
    return [([f"{theirs}.{part}"], [f"{ours}.{part}"]) for part in parts]


def batch_norm(ours, theirs):
    return both(ours, theirs) + [([f"{theirs}.running_mean"], [f"{ours}.mean"]), ([f"{theirs}.running_var"], [f"{ours}.variance"])]


def attention(ours, theirs):
    return both(f"{ours}.out", f"{theirs}.out_proj") + [([f"{theirs}.in_proj_{part}"], [f"{ours}.in.{part}"]) for part in ("weight", "bias")]


def cross_attention(ours, theirs):
    found = both(f"{ours}.out", f"{theirs}.out_proj")
    return found + [([f"{theirs}.in_proj_{part}"], [f"{ours}.query.{part}", f"{ours}.memory.{part}"]) for part in ("weight", "bias")]


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden, self.head = nn.Linear(784, width), nn.Linear(width, 10)

    def forward(self, x):
        return self.head(F.relu(self.hidden(x)))

    def names(self):
        return both("hidden", "hidden") + both("head", "head")


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1, stride=2)
        self.conv3 = nn.Conv2d(64, 64, 3, padding=1)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(F.relu(self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))).mean((2, 3)))

    def names(self):
        return [pair for name in ("conv1", "conv2", "conv3", "head") for pair in both(name, name)]


class PreActBlock(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(inputs, channels, 1, stride=stride, bias=False) if stride != 1 or inputs != channels else None

    def forward(self, x):
        out = F.relu(self.bn1(x))
        shortcut = x if self.shortcut is None else self.shortcut(out)
        return self.conv2(F.relu(self.bn2(self.conv1(out)))) + shortcut

    def names(self, ours, theirs):
        found = batch_norm(f"{ours}.around.before.bn", f"{theirs}.bn1") + batch_norm(f"{ours}.around.bn2", f"{theirs}.bn2")
        for part in ("conv1", "conv2"):
            found += both(f"{ours}.around.{part}", f"{theirs}.{part}", ["weight"])
        if self.shortcut is not None:
            found += both(f"{ours}.around.shortcut.conv", f"{theirs}.shortcut", ["weight"])
        return found


class PreActResNet(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4914, 0.4822, 0.4465])[:, None, None])
        self.register_buffer("deviation", torch.tensor([0.2471, 0.2435, 0.2616])[:, None, None])
        self.stem = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.stages = nn.ModuleList()
        inputs = width
        for stage in range(4):
            self.stages.append(nn.ModuleList())
            for block in range(blocks):
                self.stages[-1].append(PreActBlock(inputs, width * 2**stage, 2 if stage > 0 and block == 0 else 1))
                inputs = width * 2**stage
        self.head = nn.Linear(inputs, 10)

    def forward(self, x):
        x = self.stem((x - self.mean) / self.deviation)
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return self.head(x.mean((2, 3)))

    def names(self):
        found = both("stem", "stem", ["weight"]) + both("head", "head")
        for i, stage in enumerate(self.stages):
            for j, block in enumerate(stage):
                found += block.names(f"stage{i + 1}.{'first' if j == 0 else f'rest.{j}.block'}", f"stages.{i}.{j}")
        return found


class VisionTransformer(nn.Module):
    def __init__(self, size, patch, features, depth, heads):
        super().__init__()
        self.patches = nn.Conv2d(3, features, patch, stride=patch)
        self.token = nn.Parameter(torch.zeros(1, 1, features))
        self.positions = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 1, features))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(features, heads, 4 * features, dropout=0, activation="gelu", layer_norm_eps=1e-6, batch_first=True, norm_first=True)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(features, eps=1e-6)
        self.head = nn.Linear(features, 10)

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


class Transformer(nn.Module):
    """BART: post-norm, learned positions from the third vector on, scores from the embedding."""

    def __init__(self, features, depth, places, vocabulary=42, heads=8):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, features, padding_idx=1)
        self.source_positions, self.target_positions = nn.Embedding(places + 2, features), nn.Embedding(places + 2, features)
        self.source_norm, self.target_norm = nn.LayerNorm(features), nn.LayerNorm(features)
        settings = dict(dropout=0, activation="gelu", batch_first=True)
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(features, heads, 4 * features, **settings) for _ in range(depth))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(features, heads, 4 * features, **settings) for _ in range(depth))
        self.register_buffer("places", torch.arange(places) + 2)
        self.register_buffer("later", torch.triu(torch.full((places, places), -math.inf), 1))

    def forward(self, source, target):
        padding = source == 1
        x = self.source_norm(self.tokens(source) + self.source_positions(self.places))
        for block in self.encoder:
            x = block(x, src_key_padding_mask=padding)
        y = self.target_norm(self.tokens(target) + self.target_positions(self.places))
        for block in self.decoder:
            y = block(y, x, tgt_mask=self.later, memory_key_padding_mask=padding)
        return y @ self.tokens.weight.T

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


NETWORKS = {
    "conv": ConvNet,
    "mlp-32": lambda: Mlp(32),
    "mlp-256": lambda: Mlp(256),
    "mlp-1024": lambda: Mlp(1024),
    "preact-resnet-18": lambda: PreActResNet(64, 2),
    "vit-ti-16-64px": lambda: VisionTransformer(64, 16, 192, 12, 3),
    "transformer-256": lambda: Transformer(256, 3, 128),
}


def load(spec, tensors):
    """A function that takes a step (a forward pass where the spec says so), and one that gives what is compared, by our names."""
    net = NETWORKS[spec["network"]]()
    own = dict(net.state_dict(keep_vars=True))
    pairs = net.names()
    if {key for _, ours in pairs for key in ours} != set(spec["parameters"]):
        raise SystemExit(f"{spec['network']}: the parameters' names differ")
    with torch.no_grad():
        for theirs, ours in pairs:
            flat = torch.cat([tensors[key].flatten() for key in ours])
            for key, part in zip(theirs, flat.split([own[key].numel() for key in theirs])):
                own[key].copy_(part.view(own[key].shape))
    y = tensors["y"]
    inputs = [tensors[name] for name in spec["inputs"]]
    if spec["kind"] == "forward":
        net.eval()
        results = {}

        def forward():
            with torch.no_grad():
                results["output"] = net(*inputs)
            return results["output"].mean()

        return forward, lambda: {"output": results["output"].flatten()[:1000].tolist()}

    net.train()
    optimiser = torch.optim.SGD(net.parameters(), lr=spec["learningRate"], momentum=0.9)

    def step():
        loss = F.cross_entropy(net(*inputs).flatten(0, -2), y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return loss

    def read():
        found = {}
        for theirs, ours in pairs:
            flat = torch.cat([own[key].detach().flatten() for key in theirs])
            for key, part in zip(ours, flat.split([tensors[key].numel() for key in ours])):
                found[key] = part[:1000].tolist()
        return found

    return step, read
