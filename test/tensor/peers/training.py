"""
Training by PyTorch, step by step: answers a line of JSON with a line of JSON. Each network is trained twice, in float32 as usual and in
float64, which tells how far rounding alone takes it. Weights lie in files, concatenated in the order that was asked for.

{"export": path}                                          writes a small network to an ONNX file, for `network: exported`
{"load": {network, loss, optimiser, weights, order}}      `order`: [[name, size], ...] of the numbers in the file `weights`
{"resume": {weights, velocities}}                         SGD goes on from these numbers, in the same order
{"step": {batch: {name: {type, shape, data}}, into}}      one step; weights afterwards to the files `into` and `into`64
"""
import base64
import copy
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

here = Path(__file__).parent
sys.path[:0] = [str(here.parent / "layers"), str(here.parent / "losses")]
from torch_losses import mixture_likelihood  # noqa: E402
from torch_networks import NETWORKS  # noqa: E402


class Exported(nn.Module):
    """What is exported and then trained on: convolutions with groups and strides, normalisations, pooling, a dense head."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=4), nn.InstanceNorm2d(8, affine=True), nn.SiLU(),
            nn.MaxPool2d(2), nn.Conv2d(8, 16, 1), nn.LeakyReLU(0.1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10),
        )

    def forward(self, x):
        return self.body(x)

    def names(self):
        return [([name], [name]) for name, _ in self.named_parameters()]


exported = None


def export(path):
    global exported
    torch.manual_seed(0)
    exported = Exported()
    with torch.no_grad():
        for value in exported.parameters():
            value.add_(0.1 * torch.rand_like(value))  # the exporter makes one of equal weights
        for _ in range(3):
            exported(torch.randn(16, 3, 16, 16))
    exported.eval()
    torch.onnx.export(
        exported, torch.zeros(2, 3, 16, 16), path, input_names=["x"], output_names=["scores"], opset_version=13, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE, dynamic_axes={"x": {0: "batch"}, "scores": {0: "batch"}},
    )
    return {"parameters": sum(p.numel() for p in exported.parameters())}


def classes(net, batch):
    return F.cross_entropy(net(batch["x"]), batch["labels"])


def tokens(net, batch):
    scores = net(batch["source"], batch["target"])
    return F.cross_entropy(scores.flatten(0, 1), batch["labels"].flatten(), label_smoothing=0.1, ignore_index=1)


def bound(net, batch, likelihood):
    x = batch["x"]
    net.noise = [batch[name] for name in batch if name != "x"]
    out = net(x)
    return (net.divergence.sum(1).mean() - likelihood(x, out).mean()) / x[0].numel()


def gaussian(x, out):
    mean, s = out.chunk(2, 1)
    return torch.distributions.Normal(mean, s.exp()).log_prob(x).sum((1, 2, 3))


LOSSES = {
    "classes": classes, "tokens": tokens,
    "gaussian-bound": lambda net, batch: bound(net, batch, gaussian), "mixture-bound": lambda net, batch: bound(net, batch, mixture_likelihood),
}
OPTIMISERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def decoded(tensor, dtype):
    kind = np.int64 if tensor["type"] == "int64" else np.float32
    value = torch.from_numpy(np.frombuffer(base64.b64decode(tensor["data"]), kind).copy()).reshape(tensor["shape"])
    return value.to(dtype) if value.is_floating_point() else value


class Side:
    def __init__(self, net, asked, dtype):
        self.net, self.dtype, self.loss, self.order = net.to(dtype), dtype, LOSSES[asked["loss"]], asked["order"]
        own = self.net.state_dict(keep_vars=True)
        self.pairs = [([own[key] for key in theirs], ours) for theirs, ours in self.net.names()]
        told = {name for _, ours in self.pairs for name in ours}
        if told != {name for name, _ in self.order}:
            raise SystemExit(f"names differ: {sorted(told ^ {name for name, _ in self.order})[:6]}")
        with torch.no_grad():
            for value, part in self.read(asked["weights"]):
                value.copy_(part)
        kind, *options = asked["optimiser"]["kind"], {key: value for key, value in asked["optimiser"].items() if key != "kind"}
        self.optimiser = OPTIMISERS[kind](self.net.parameters(), **options[0])

    def read(self, path):
        """Each tensor of the network with the numbers for it in a file."""
        numbers = torch.from_numpy(np.fromfile(path, np.float32)).to(self.dtype)
        parts = dict(zip([name for name, _ in self.order], numbers.split([size for _, size in self.order])))
        for theirs, ours in self.pairs:
            flat = torch.cat([parts[name] for name in ours])
            for value, part in zip(theirs, flat.split([value.numel() for value in theirs])):
                yield value, part.view(value.shape)

    def resume(self, asked):
        with torch.no_grad():
            for value, part in self.read(asked["weights"]):
                value.copy_(part)
            for value, part in self.read(asked["velocities"]):
                if value.requires_grad:
                    self.optimiser.state[value]["momentum_buffer"].copy_(part)

    def step(self, batch):
        torch.set_default_dtype(self.dtype)
        loss = self.loss(self.net, {name: decoded(tensor, self.dtype) for name, tensor in batch.items()})
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        torch.set_default_dtype(torch.float32)
        return loss.item()

    def write(self, path):
        found = {}
        for theirs, ours in self.pairs:
            flat = torch.cat([value.detach().flatten() for value in theirs])
            found.update(zip(ours, flat.split([dict(self.order)[name] for name in ours])))
        torch.cat([found[name] for name, _ in self.order]).numpy().astype(self.dtype == torch.float64 and np.float64 or np.float32).tofile(path)


def load(asked):
    global sides
    net = copy.deepcopy(exported) if asked["network"] == "exported" else NETWORKS[asked["network"]]().train()
    sides = [Side(copy.deepcopy(net), asked, dtype) for dtype in (torch.float32, torch.float64)]
    return {"version": torch.__version__}


def step(asked):
    losses = [side.step(asked["batch"]) for side in sides]
    for side, path in zip(sides, (asked["into"], asked["into"] + "64")):
        side.write(path)
    return {"loss": losses[0], "exact": losses[1]}


def resume(asked):
    for side in sides:
        side.resume(asked)
    return {}


torch.set_num_threads(1)
for line in sys.stdin:
    [(name, argument)] = json.loads(line).items()
    print(json.dumps({"export": export, "load": load, "resume": resume, "step": step}[name](argument)), flush=True)
