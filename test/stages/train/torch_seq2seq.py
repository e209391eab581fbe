"""Training of an encoder-decoder transformer with PyTorch's own layers, loss, clipping, AdamW and schedule. Reads {function: argument}, writes {function: answer}."""
import json
import pathlib
import sys

import torch
from torch import nn

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tensor" / "layers"))
from torch_networks import Transformer, both, decoded, encoded  # noqa: E402


class Hybrid(Transformer):
    """The vectors of the token for numbers come from the number beside it; one linear head gives scores and a number."""

    def __init__(self, number, features, vocabulary, **settings):
        super().__init__(features=features, vocabulary=vocabulary, **settings)
        self.number = number
        self.up, self.down, self.head = nn.Linear(1, features), nn.Linear(features, features), nn.Linear(features, vocabulary + 1)

    def embedded(self, tokens, values):
        return torch.where((tokens == self.number).unsqueeze(-1), self.down(torch.relu(self.up(values.unsqueeze(-1)))), self.tokens(tokens))

    def forward(self, source, target, source_value, target_value):
        out = self.head(self.decode(source, self.embedded(source, source_value), self.embedded(target, target_value)))
        return out[..., :-1], out[..., -1]

    def names(self):
        shared = super().names() + both("numbers.up", "up") + both("numbers.down", "down")
        return shared + [(["head.weight"], ["scores.weight", "value.weight"]), (["head.bias"], ["scores.bias", "value.bias"])]


def moved(net, values, back):
    """Copies values by our names into the net, or out of it where there are none."""
    own = dict(net.state_dict(keep_vars=True))
    found = {}
    with torch.no_grad():
        for theirs, ours in net.names():
            if back:
                flat = torch.cat([own[key].flatten() for key in theirs])
                for key, part in zip(ours, flat.split([values[key].numel() for key in ours])):
                    found[key] = part
                continue
            flat = torch.cat([values[key].flatten() for key in ours])
            for key, part in zip(theirs, flat.split([own[key].numel() for key in theirs])):
                own[key].copy_(part.view(own[key].shape))
    return found


def trained(case):
    hybrid = "number" in case["network"]
    net = (Hybrid if hybrid else Transformer)(**case["network"])
    values = {key: decoded(value) for key, value in case["parameters"].items()}
    moved(net, values, False)
    optimiser = torch.optim.AdamW(net.parameters(), lr=case["rate"], eps=case["epsilon"], weight_decay=case["weight_decay"])
    warm, steps = case["warm_up"], len(case["batches"])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: (step + 1) / warm if step < warm else (steps - step) / (steps - warm))
    loss_of = nn.CrossEntropyLoss(ignore_index=case["network"]["padding"], label_smoothing=case["smoothing"])
    losses, norms, rates, accuracies = [], [], [], []
    for batch in case["batches"]:
        source, target, answer = (torch.tensor(batch[name]) for name in ("source", "target", "answer"))
        if hybrid:
            scores, numbers = net(source, target, *(torch.tensor(batch[name], dtype=torch.float32) for name in ("source_value", "target_value")))
            there = answer == case["network"]["number"]
            expected = torch.tensor(batch["answer_value"], dtype=torch.float32)
            loss = loss_of(scores.flatten(0, 1), answer.flatten())
            if there.any():
                loss = loss + 0.01 * nn.functional.mse_loss(numbers[there], expected[there])
        else:
            scores = net(source, target)
            loss = loss_of(scores.flatten(0, 1), answer.flatten())
        optimiser.zero_grad()
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(net.parameters(), case["clip"]).item())
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
        counts = answer != case["network"]["padding"]
        accuracies.append(((scores.argmax(-1) == answer) & counts).sum().item() / counts.sum().item())
        losses.append(loss.item())
    return {"losses": losses, "norms": norms, "rates": rates, "accuracies": accuracies, "weights": {key: encoded(value) for key, value in moved(net, values, True).items()}}


def train(cases):
    return [trained(case) for case in cases]


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({name: globals()[name](argument) for name, argument in asked.items()}, sys.stdout)
