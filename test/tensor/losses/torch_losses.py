"""
Losses by PyTorch: its own cross-entropy and distributions, and the mixture of discretised logistics in the channels-last form in which
PixelCNN++ and VDVAE define it. Reads {function: argument}, writes {function: answer}, with the gradient of each sum.
"""
import json
import math
import sys

import torch
from torch.nn import functional as F


def leaf(numbers):
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def tokens(cases):
    answer = []
    for case in cases:
        scores, labels = leaf(case["scores"]), torch.tensor(case["tokens"])
        options = {"label_smoothing": case["smoothing"]}
        if case["ignore"] is not None:
            options["ignore_index"] = case["ignore"]
        flat = (scores.flatten(0, -2), labels.flatten())
        loss = F.cross_entropy(*flat, **options)
        loss.backward()
        answer.append({"loss": loss.item(), "each": F.cross_entropy(*flat, reduction="none", **options).tolist(), "gradient": scores.grad.flatten().tolist()})
    return answer


def gaussians(case):
    x, mean, s, pm, ps = (leaf(case[key]) for key in ("x", "mean", "s", "pm", "ps"))
    q, p = torch.distributions.Normal(mean, s.exp()), torch.distributions.Normal(pm, ps.exp())
    density, divergence = q.log_prob(x), torch.distributions.kl_divergence(q, p)
    (density.sum() + divergence.sum()).backward()
    return {"density": density.tolist(), "divergence": divergence.tolist(), "gradients": [v.grad.tolist() for v in (x, mean, s, pm, ps)]}


def mixture_likelihood(images, parameters):
    """x [N, 3, H, W], parameters [N, 10 K, H, W]; the sum over pixels for each sample."""
    x, l = images.permute(0, 2, 3, 1), parameters.permute(0, 2, 3, 1)
    k = l.shape[-1] // 10
    logits, l = l[..., :k], l[..., k:].reshape(*x.shape, 3 * k)
    means, scales, coefficients = l[..., :k], l[..., k : 2 * k].clamp(min=-7.0), torch.tanh(l[..., 2 * k :])
    x = x[..., None].repeat(1, 1, 1, 1, k)
    green = means[..., 1, :] + coefficients[..., 0, :] * x[..., 0, :]
    blue = means[..., 2, :] + coefficients[..., 1, :] * x[..., 0, :] + coefficients[..., 2, :] * x[..., 1, :]
    means = torch.stack([means[..., 0, :], green, blue], -2)
    inverse = torch.exp(-scales)
    above, below, middle = inverse * (x - means + 1 / 255), inverse * (x - means - 1 / 255), inverse * (x - means)
    mass = torch.sigmoid(above) - torch.sigmoid(below)
    inside = torch.where(mass > 1e-5, mass.clamp(min=1e-12).log(), middle - scales - 2 * F.softplus(middle) - math.log(127.5))
    each = torch.where(x < -0.999, above - F.softplus(above), torch.where(x > 0.999, -F.softplus(below), inside))
    return torch.logsumexp(each.sum(3) + F.log_softmax(logits, -1), -1).sum((1, 2))


def mixture(case):
    images, parameters = leaf(case["x"]), leaf(case["parameters"])
    likelihood = mixture_likelihood(images, parameters)
    likelihood.sum().backward()
    return {"likelihood": likelihood.tolist(), "gradient": parameters.grad.flatten().tolist()}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({name: globals()[name](argument) for name, argument in asked.items()}, sys.stdout)
