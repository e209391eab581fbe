"""The works of works.ts in PyTorch, eager, on the CPU. Driven over stdin and stdout, one JSON line each way:
{"load": {"kind", "learningRate", "tensors": [{"name", "type", "shape", "file"}], "parameters": [names], ("network", "inputs": [names])}} -> {"ready": true, "version": ...}
{"steps": n} -> {"seconds": for all of them, "loss": of the last}
{"parameters": true} -> {name: [first numbers]}
{"memory": true} -> {"peak": KiB}
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

import networks

THREADS = int(sys.argv[1])
torch.set_num_threads(THREADS)


def load(spec):
    types = {"float32": torch.float32, "int64": torch.int64}
    tensors = {}
    for t in spec["tensors"]:
        with open(t["file"], "rb") as file:
            tensors[t["name"]] = torch.frombuffer(bytearray(file.read()), dtype=types[t["type"]]).reshape(t["shape"])
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


def main():
    step, read = None, None
    for line in sys.stdin:
        ask = json.loads(line)
        if "load" in ask:
            step, read = load(ask["load"])
            answer = {"ready": True, "version": torch.__version__}
        elif "steps" in ask:
            start = time.perf_counter()
            for _ in range(ask["steps"]):
                loss = step()
            answer = {"seconds": time.perf_counter() - start, "loss": loss.item()}
        elif "memory" in ask:
            with open("/proc/self/status") as status:
                answer = {"peak": int(next(line for line in status if line.startswith("VmHWM")).split()[1])}
        else:
            answer = read()
        print(json.dumps(answer), flush=True)


main()
