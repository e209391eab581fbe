"""The works of attacks.ts in PyTorch, eager, on the CPU, straight from the papers. Driven as bench/tensor/serve.py says; a step is a whole attack or a whole epoch.
Networks are lists of words: conv NAME STRIDE PADDING, linear NAME, relu, flatten, mean; parameters are NAME.weight and NAME.bias."""
import os
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tensor"))
from serve import serve  # noqa: E402

torch.set_num_threads(int(sys.argv[1]))


def network(layers, p):
    def forward(x):
        for layer in layers:
            word, *rest = layer.split()
            if word == "conv":
                x = F.conv2d(x, p[rest[0] + ".weight"], p[rest[0] + ".bias"], stride=int(rest[1]), padding=int(rest[2]))
            elif word == "linear":
                x = F.linear(x, p[rest[0] + ".weight"], p[rest[0] + ".bias"])
            else:
                x = {"relu": F.relu, "flatten": lambda v: v.flatten(1), "mean": lambda v: v.mean((2, 3))}[word](x)
        return x

    return forward


def climb(forward, start, x, y, eps, size, steps):
    at = start
    for _ in range(steps):
        at = at.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(F.cross_entropy(forward(at), y, reduction="sum"), at)
        with torch.no_grad():
            at = (x + (at + size * slope.sign() - x).clamp(-eps, eps)).clamp(0, 1)
    return at


def load(spec, tensors):
    parameters = {name: tensors[name].clone().requires_grad_(True) for name in spec["parameters"]}
    return {"pgd": pgd, "epoch": epoch}[spec["kind"]](network(spec["layers"], parameters), parameters, tensors, spec)


def pgd(forward, parameters, t, spec):
    x, y = t["x"], t["y"].long()
    result = {}

    def step():
        parts = [climb(forward, part, part, labels, 0.1, 0.025, 20) for part, labels in zip(x.split(250), y.split(250))]
        result["x"] = torch.cat(parts)
        return F.cross_entropy(forward(result["x"][:250]), y[:250])

    return step, lambda: {"x": result["x"].flatten()[:1000].tolist()}


def epoch(forward, parameters, t, spec):
    x, y = t["x"], t["y"].long()
    optimiser = torch.optim.Adam(parameters.values(), lr=spec["learningRate"])
    found = {}

    def step():
        order, total = torch.randperm(len(x)), 0.0
        for which in order.split(128):
            images, labels = x[which], y[which]
            start = (images + torch.empty_like(images).uniform_(-0.3, 0.3)).clamp(0, 1)
            attacked = climb(forward, start, images, labels, 0.3, 0.1, 7).detach()
            loss = F.cross_entropy(forward(attacked), labels)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += loss.item()
        found["loss"] = total / len(order.split(128))
        return loss

    return step, lambda: {"loss": [found["loss"]]}


serve(load)
