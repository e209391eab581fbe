"""What the stages compute, by PyTorch's own optimiser, scheduler and autograd. Reads {function: argument}, writes {function: answer}."""
import json
import sys

import torch


def plateau(cases):
    """Learning rates after each loss, for each case of settings and losses."""
    answer = []
    for case in cases:
        settings = case["settings"]
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimiser,
            factor=settings["factor"],
            patience=settings["patience"],
            threshold=settings["threshold"],
            cooldown=settings["cooldown"],
            min_lr=settings["minimumRate"],
            eps=settings["epsilon"],
        )
        rates = []
        for loss in case["losses"]:
            optimiser.step()
            scheduler.step(loss)
            rates.append(optimiser.param_groups[0]["lr"])
        answer.append(rates)
    return answer


def two_layer(cases):
    """For each case: full-batch training of sum_k a_k phi(w_k x + b_k) with momentum 0.9 and the plateau schedule's defaults."""
    answer = []
    for case in cases:
        x, y = (torch.tensor(case[key], dtype=torch.float32) for key in ("x", "y"))
        readout = torch.tensor(case["a"], dtype=torch.float32)
        w, b = (torch.nn.Parameter(torch.tensor(case[key], dtype=torch.float32)) for key in ("W", "b"))
        optimiser = torch.optim.SGD([w, b], lr=case["rate"], momentum=0.9)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser)
        losses, rates = [], []
        for _ in range(case["steps"]):
            hidden = torch.nn.functional.leaky_relu(x @ w.T + b, case["gamma"])
            s = -y * (hidden @ readout)
            loss = (s if case["loss"] == "identity" else torch.nn.functional.softplus(s)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            scheduler.step(loss.item())
            losses.append(loss.item())
            rates.append(optimiser.param_groups[0]["lr"])
        answer.append({"losses": losses, "rates": rates, "W": w.tolist(), "b": b.tolist()})
    return answer


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({name: globals()[name](argument) for name, argument in asked.items()}, sys.stdout)
