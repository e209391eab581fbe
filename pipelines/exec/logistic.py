"""Logistic regression by gradient descent, in plain Python: how a script becomes a stage of a pipeline.

Everything that the script is given stands in the JSON file that REPRISE_TASK names: parameters, where the inputs lie,
where the outputs belong. A script that uses scikit-learn or PyTorch does just the same.
"""
import csv
import json
import math
import os

with open(os.environ["REPRISE_TASK"]) as file:
    task = json.load(file)
rate, steps = task["params"]["rate"], task["params"]["steps"]

with open(task["inputs"]["data"], newline="") as file:
    rows = list(csv.reader(file))
header, body = rows[0], [[float(cell) for cell in row] for row in rows[1:]]
label = header.index("y")
samples = [[cell for at, cell in enumerate(row) if at != label] for row in body]
targets = [1.0 if row[label] > 0 else 0.0 for row in body]

weights, bias = [0.0] * len(samples[0]), 0.0


def probability(sample):
    z = bias + sum(w * x for w, x in zip(weights, sample))
    return 1.0 / (1.0 + math.exp(-z)) if z >= 0 else math.exp(z) / (1.0 + math.exp(z))


with open(os.environ["REPRISE_METRICS"], "a") as metrics:
    for step in range(1, steps + 1):
        errors = [probability(sample) - target for sample, target in zip(samples, targets)]
        bias -= rate * sum(errors) / len(errors)
        for at in range(len(weights)):
            weights[at] -= rate * sum(e * s[at] for e, s in zip(errors, samples)) / len(errors)
        loss = sum(-math.log(max(1e-12, p if t else 1 - p)) for p, t in ((probability(s), t) for s, t in zip(samples, targets))) / len(samples)
        print(json.dumps({"loss": loss, "step": step}), file=metrics, flush=True)

right = sum((probability(sample) > 0.5) == (target > 0.5) for sample, target in zip(samples, targets))
with open(task["outputs"]["stat"], "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["steps", "loss", "accuracy"])
    writer.writerow([steps, loss, right / len(samples)])
with open(task["outputs"]["weights"], "w") as file:
    json.dump({"weights": weights, "bias": bias}, file)
print(f"{right} of {len(samples)} right after {steps} steps")
