"""The works of works.ts in PyTorch, eager, on the CPU; driven as serve.py says. Those with a "network" and "inputs": [names] are in networks.py."""
import sys

import torch
import torch.nn.functional as F

import networks
from serve import serve

THREADS = int(sys.argv[1])
torch.set_num_threads(THREADS)


def load(spec, tensors):
    if "network" in spec:
        return networks.load(spec, tensors)
    parameters = {name: tensors[name].clone().requires_grad_(True) for name in spec["parameters"]}
    optimiser = torch.optim.SGD(parameters.values(), lr=spec["learningRate"], momentum=0.9)
    step = KINDS[spec["kind"]](parameters, tensors, optimiser)
    return step, lambda: {name: p.detach().flatten()[:1000].tolist() for name, p in parameters.items()}


def attack(p, t, optimiser):
    x, y, eps, size = t["x"], t["y"], 0.1, 0.02
    low, high = (x - eps).clamp(min=0), (x + eps).clamp(max=1)

    def loss_of(x):
        return F.cross_entropy(F.linear(F.relu(F.linear(x, p["w1"], p["b1"])), p["w2"], p["b2"]), y)

    def step():
        attacked = x
        for _ in range(10):
            attacked = attacked.detach().requires_grad_(True)
            (slope,) = torch.autograd.grad(loss_of(attacked), attacked)
            with torch.no_grad():
                attacked = torch.minimum(torch.maximum(attacked + size * slope.sign(), low), high)
        return update(loss_of(attacked), optimiser)

    return step


def conv(p, t, optimiser):
    def step():
        h = F.relu(F.conv2d(t["x"], p["w1"], p["b1"], padding=1))
        h = F.relu(F.conv2d(h, p["w2"], p["b2"], padding=1, stride=2))
        h = F.relu(F.conv2d(h, p["w3"], p["b3"], padding=1))
        return update(F.cross_entropy(F.linear(h.mean((2, 3)), p["w4"], p["b4"]), t["y"]), optimiser)

    return step


def wide(p, t, optimiser):
    def step():
        output = F.linear(F.relu(F.linear(t["x"], p["w"], p["b"])), t["a"])
        return update(-(t["y"] * output).mean(), optimiser)

    return step


def update(loss, optimiser):
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    return loss


KINDS = {"attack": attack, "conv": conv, "wide": wide}


serve(load)
