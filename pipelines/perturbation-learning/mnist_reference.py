"""An independent transcription, in PyTorch, of the MNIST run at the base configuration (scenario (a), eps = 0.14, one pair of rates).

It shares no code with the stages and draws its own random numbers, so that its seeds show how far single runs of this experiment lie
apart. Its rows of published.csv (source `transcription`) came from

    python3 mnist_reference.py FOLDER 5

where FOLDER holds the four unpacked IDX files of MNIST; about 20 s a seed on one core with PyTorch 1.13.
"""
import sys

import numpy as np
import torch

D, WIDTH, STEPS, RATE, EPS, MEAN = 784, 100, 100, 0.01, 0.14, 0.1307


def digits(folder, name):
    """Pixels and labels of the digits 1 (+1) and 2 (-1)."""
    pixels = np.fromfile(f"{folder}/{name}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, D)
    classes = np.fromfile(f"{folder}/{name}-labels-idx1-ubyte", np.uint8)[8:]
    kept = (classes == 1) | (classes == 2)
    return torch.tensor(pixels[kept] / 255 - MEAN, dtype=torch.float32), torch.tensor(np.where(classes[kept] == 1, 1.0, -1.0), dtype=torch.float32)


def score(net, x):
    w, b, a = net
    return torch.relu(x @ w.T + b) @ a


def trained(x, y):
    """A fresh net after full-batch training with the identity loss."""
    w = torch.nn.Parameter(torch.randn(WIDTH, D) / D**0.5)
    b = torch.nn.Parameter(torch.randn(WIDTH))
    net = (w, b, torch.randn(WIDTH) / WIDTH**0.5)
    optimiser = torch.optim.SGD([w, b], lr=RATE, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser)
    for _ in range(STEPS):
        loss = (-y * score(net, x)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        scheduler.step(loss.item())
    return net


def share(a, b):
    return (torch.sign(a) == torch.sign(b)).float().mean().item()


def main(folder, seeds):
    x, y = digits(folder, "train")
    fresh, _ = digits(folder, "t10k")
    for seed in range(seeds):
        torch.manual_seed(seed)
        f = trained(x, y)
        at = x.clone().requires_grad_()
        score(f, at).sum().backward()
        targets = torch.randint(0, 2, (len(x),)).float() * 2 - 1
        steps = EPS * targets[:, None] * at.grad / at.grad.norm(dim=1, keepdim=True)
        g = trained(steps, targets)
        with torch.no_grad():
            measured = {"f": share(score(f, x), y), "g": share(score(g, x), y), "agreement": share(score(f, fresh), score(g, fresh))}
        for metric, value in measured.items():
            print(f"mnist_eps,{EPS},{metric},{value:.4f},{seed},transcription", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
