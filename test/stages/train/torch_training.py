"""PyTorch's own optimisers, schedulers and losses, step by step. Reads {function: argument}, writes {function: answer}."""
import json
import sys

import torch


def optimisers(cases):
    """Parameters after each step down sum((w - target)^2 * scale)."""
    answer = []
    for case in cases:
        w = torch.nn.Parameter(torch.tensor(case["start"]))
        target, scale = torch.tensor(case["target"]), torch.tensor(case["scale"])
        optimiser = getattr(torch.optim, case["name"])([w], **case["options"])
        path = []
        for _ in range(case["steps"]):
            optimiser.zero_grad()
            (scale * (w - target) ** 2).sum().backward()
            optimiser.step()
            path.append(w.tolist())
        answer.append(path)
    return answer


def schedules(cases):
    """The rate of each step."""
    answer = []
    for case in cases:
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=case["rate"])
        scheduler = getattr(torch.optim.lr_scheduler, case["name"])(optimiser, **case["options"])
        rates = []
        for _ in range(case["steps"]):
            rates.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            scheduler.step()
        answer.append(rates)
    return answer


def smoothed(case):
    scores, labels = torch.tensor(case["scores"]), torch.tensor(case["labels"]).long()
    return torch.nn.functional.cross_entropy(scores, labels, label_smoothing=case["smoothing"], reduction="none").tolist()


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({name: globals()[name](argument) for name, argument in asked.items()}, sys.stdout)
