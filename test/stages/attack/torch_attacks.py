"""A small network trained and attacked by PyTorch's autograd, straight from the papers. Reads {function: argument}, writes {function: answer}."""
import json
import sys

import torch
from torch.nn.functional import cross_entropy


def trained(case):
    torch.manual_seed(0)
    x, y = torch.tensor(case["x"]).reshape(-1, case["size"]), torch.tensor(case["y"]).long()
    net = torch.nn.Sequential(torch.nn.Linear(case["size"], case["width"]), torch.nn.ReLU(), torch.nn.Linear(case["width"], case["classes"]))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(case["steps"]):
        optimiser.zero_grad()
        cross_entropy(net(x), y).backward()
        optimiser.step()
    return net, x, y


def slope(net, x, y):
    x = x.clone().requires_grad_()
    loss = cross_entropy(net(x), y, reduction="none")
    return torch.autograd.grad(loss.sum(), x)[0], loss.detach(), net(x).argmax(1) == y


def norm(v):
    return v.pow(2).sum(1, keepdim=True).sqrt().clamp_min(1e-12)


def pgd(net, x, y, kind, eps, step, steps):
    at = x.clone()
    for _ in range(steps):
        g = slope(net, at, y)[0]
        at = at + step * (g.sign() if kind == "linf" else g / norm(g))
        d = at - x
        at = (x + (d.clamp(-eps, eps) if kind == "linf" else d * (eps / norm(d)).clamp_max(1))).clamp(0, 1)
    return at


def apgd(net, x, y, kind, eps, steps):
    def inside(z):
        d = z - x
        return (x + (d.clamp(-eps, eps) if kind == "linf" else d * (eps / norm(d)).clamp_max(1))).clamp(0, 1)

    t = 2 * torch.rand_like(x) - 1 if kind == "linf" else torch.randn_like(x)
    at = (x + eps * t / (t.abs().amax(1, keepdim=True) if kind == "linf" else norm(t))).clamp(0, 1)
    g, best_loss, right = slope(net, at, y)
    robust, best, best_g, old = right.clone(), at.clone(), g.clone(), at.clone()
    eta = torch.full((len(x), 1), 2 * eps)
    losses, then, reduced = [torch.zeros_like(best_loss)], best_loss.clone(), torch.ones(len(x), dtype=torch.bool)
    k, since = int(0.22 * steps), 0
    for i in range(steps):
        momentum, old = at - old, at.clone()
        a = 0.75 if i > 0 else 1.0
        z = inside(at + eta * (g.sign() if kind == "linf" else g / norm(g)))
        at = inside(at + a * (z - at) + (1 - a) * momentum)
        g, loss, right = slope(net, at, y)
        robust &= right
        losses.append(loss)
        up = loss > best_loss
        best[up], best_g[up], best_loss[up] = at[up], g[up], loss[up]
        since += 1
        if since == k:
            gains = sum((losses[i + 1 - j] > losses[i - j]).int() for j in range(k))
            stop = (gains <= 0.75 * k) | (~reduced & (then >= best_loss))
            reduced, then = stop, best_loss.clone()
            eta[stop] /= 2
            at[stop], g[stop] = best[stop], best_g[stop]
            k, since = max(k - int(0.03 * steps), int(0.06 * steps)), 0
    return robust.float().mean().item()


def attacks(case):
    net, x, y = trained(case)
    weights = [p.detach() for p in net.parameters()]
    answer = {"weights": [w.flatten().tolist() for w in weights], "clean": (net(x).argmax(1) == y).float().mean().item()}
    for kind, eps in case["balls"].items():
        at = pgd(net, x, y, kind, eps, eps / 4, 20)
        answer[kind] = {"pgd": (net(at).argmax(1) == y).float().mean().item(), "x": at.flatten().tolist(), "apgd": apgd(net, x, y, kind, eps, 100)}
    return answer


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({name: globals()[name](argument) for name, argument in asked.items()}, sys.stdout)
