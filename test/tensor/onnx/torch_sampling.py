"""torch.nn.functional.grid_sample with its gradients, in float64. Reads {"sample": {x, grid, cases}}, writes {"sample": [...]}."""
import json
import sys

import torch


def sample(asked):
    answer = []
    for case in asked["cases"]:
        x, grid = (torch.tensor(asked[key], dtype=torch.float64, requires_grad=True) for key in ("x", "grid"))
        y = torch.nn.functional.grid_sample(x, grid, mode=case["mode"], padding_mode=case["padding"], align_corners=case["corners"])
        (y * torch.sin(torch.arange(y.numel(), dtype=torch.float64) + 1.0).reshape(y.shape)).sum().backward()
        answer.append([value.flatten().tolist() for value in (y.detach(), x.grad, grid.grad)])
    return answer


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({name: globals()[name](argument) for name, argument in asked.items()}, sys.stdout)
