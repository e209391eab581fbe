"""Decoding as a loop over a PyTorch transformer that computes everything again for each token. Reads {function: argument}, writes {function: answer}."""
import base64
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tensor" / "layers"))
from torch_networks import Transformer


class Pair(Transformer):
    """Source and target of different lengths."""

    def forward(self, source, target):
        padding = source == 1
        x = self.source_norm(self.tokens(source) + self.source_positions(torch.arange(source.shape[1]) + 2))
        for block in self.encoder:
            x = block(x, src_key_padding_mask=padding)
        places = target.shape[1]
        later = torch.triu(torch.full((places, places), -math.inf), 1)
        y = self.target_norm(self.tokens(target) + self.target_positions(torch.arange(places) + 2))
        for block in self.decoder:
            y = block(y, x, tgt_mask=later, memory_key_padding_mask=padding)
        return y @ self.tokens.weight.T


def loaded(case):
    values = {name: torch.from_numpy(np.frombuffer(base64.b64decode(data), np.float32).copy()) for name, data in case["weights"].items()}
    net = Pair(case["features"], case["depth"], case["positions"])
    own = net.state_dict(keep_vars=True)
    with torch.no_grad():
        for theirs, ours in net.names():
            flat = torch.cat([values[key].flatten() for key in ours])
            for key, part in zip(theirs, flat.split([own[key].numel() for key in theirs])):
                own[key].copy_(part.view(own[key].shape))
    return net.eval()


def decoded(net, case):
    """Step by step for all sources at once. An answer that ends keeps its place in its source's beam."""
    bos, eos, beam, penalty = 0, case["eos"], case["beam"], case["penalty"]
    sources = torch.tensor(case["sources"])
    alive = [[([bos], 0.0)] for _ in sources]
    ended = [[] for _ in sources]
    for length in range(1, case["length"] + 1):
        rows = [(number, answer) for number, own in enumerate(alive) for answer, _ in own]
        if not rows:
            break
        with torch.no_grad():
            scores = net(sources[[number for number, _ in rows]], torch.tensor([answer for _, answer in rows]))
        after = torch.log_softmax(scores[:, -1].double(), -1).split([len(own) for own in alive])
        for number, own in enumerate(alive):
            if not own:
                continue
            totals = (torch.tensor([[total] for _, total in own], dtype=torch.float64) + after[number]).flatten()
            best = torch.sort(totals, descending=True, stable=True).indices[: beam - len(ended[number])].tolist()
            grown = []
            for index in best:
                answer, total = own[index // scores.shape[2]][0] + [index % scores.shape[2]], totals[index].item()
                if answer[-1] == eos or length == case["length"]:
                    ended[number].append((total / length**penalty, total, answer[1:]))
                else:
                    grown.append((answer, total))
            alive[number] = grown
    best = [max(own, key=lambda one: one[0]) for own in ended]
    return [{"tokens": answer, "score": score, "log_probability": total} for score, total, answer in best]


def forced(net, case):
    """Log-probability of each target, and how many of its tokens are the likeliest."""
    longest = max(len(target) for target in case["targets"])
    with torch.no_grad():
        all_scores = net(torch.tensor(case["sources"]), torch.tensor([([0] + target + [1] * longest)[:longest] for target in case["targets"]]))
    found = []
    for scores, target in zip(all_scores, case["targets"]):
        scores = scores[: len(target)]
        own = torch.log_softmax(scores.double(), -1)[torch.arange(len(target)), target]
        found.append({"log_probability": own.sum().item(), "right": (scores.argmax(-1) == torch.tensor(target)).sum().item()})
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked = json.load(sys.stdin)["all"]
    net = loaded(asked)
    json.dump({"all": {"forced": forced(net, asked), "answers": [decoded(net, {**asked, **settings}) for settings in asked["settings"]]}}, sys.stdout)
