"""Temperature scaling and calibration errors as Guo et al. (2017) do them: LBFGS on the temperature, bins (l, u]. Reads {function: argument}, writes {function: answer}."""
import json
import sys

import numpy
import torch
from torch.nn.functional import cross_entropy, one_hot, softmax


def measured(logits, labels, bins):
    probabilities = softmax(logits, 1)
    confidence, says = probabilities.max(1)
    right = says.eq(labels).double()
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    ece, mce = 0.0, 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            gap = (confidence[inside].mean() - right[inside].mean()).abs().item()
            ece, mce = ece + gap * inside.double().mean().item(), max(mce, gap)
    brier = (probabilities - one_hot(labels, logits.shape[1])).pow(2).sum(1).mean().item()
    return {"ece": ece, "mce": mce, "brier": brier, "loss": cross_entropy(logits, labels).item(), "confidence": confidence.mean().item()}


def calibration(case):
    def logits_of(x):
        return torch.tensor(numpy.array(x).reshape(-1, case["inputs"]) @ numpy.array(case["weights"]).T)

    fitted, labels = logits_of(case["validation"]), torch.tensor(case["validation_labels"]).long()
    temperature = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([temperature], lr=0.05, max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-14)

    def closure():
        optimiser.zero_grad()
        loss = cross_entropy(fitted / temperature, labels)
        loss.backward()
        return loss

    optimiser.step(closure)
    t = temperature.item()
    logits, own = logits_of(case["x"]), torch.tensor(case["labels"]).long()
    return {"temperature": t, "before": measured(logits, own, case["bins"]), "after": measured(logits / t, own, case["bins"])}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({name: globals()[name](argument) for name, argument in asked.items()}, sys.stdout)
