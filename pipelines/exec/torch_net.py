"""A small network in PyTorch as a stage: checkpoints, metrics, and a model that any other stage can use.

The script saves its state after every epoch in the file that REPRISE_CHECKPOINT names. Killed on the way and run again, it goes
on from there: weights, optimiser and the order of the samples are those of an uninterrupted run.
"""
import json
import os

import numpy as np
import torch

with open(os.environ["REPRISE_TASK"]) as file:
    task = json.load(file)
params = task["params"]
torch.manual_seed(params["seed"])
torch.set_num_threads(task["threads"])
torch.use_deterministic_algorithms(True)

table = np.genfromtxt(task["inputs"]["data"], delimiter=",", names=True, dtype=np.float32)
names = [name for name in table.dtype.names if name != "y"]
x = torch.from_numpy(np.stack([table[name] for name in names], axis=1))
y = torch.from_numpy((table["y"] > 0).astype(np.float32))

net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], params["width"]), torch.nn.ReLU(), torch.nn.Linear(params["width"], 1), torch.nn.Flatten(0))
optimiser = torch.optim.Adam(net.parameters(), lr=params["rate"])
done = 0
if os.path.exists(task["checkpoint"]):
    saved = torch.load(task["checkpoint"])
    net.load_state_dict(saved["net"])
    optimiser.load_state_dict(saved["optimiser"])
    done = saved["epoch"]
    print(f"goes on after epoch {done}")

history = []
with open(task["metrics"], "a") as metrics:
    for epoch in range(done + 1, params["epochs"] + 1):
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1000 * params["seed"] + epoch))
        total = 0.0
        for batch in order.split(params["batch"]):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        print(json.dumps({"loss": total / len(x), "step": epoch}), file=metrics, flush=True)
        print(json.dumps({"done": epoch, "total": params["epochs"]}), file=metrics, flush=True)
        # By a rename: whoever kills the script between two bytes leaves the state before.
        torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "epoch": epoch}, task["checkpoint"] + ".new")
        os.replace(task["checkpoint"] + ".new", task["checkpoint"])

net.eval()
with torch.no_grad():
    accuracy = ((net(x) > 0) == (y > 0)).float().mean().item()
with open(task["outputs"]["stat"], "w") as file:
    json.dump({"epochs": params["epochs"], "train_accuracy": accuracy}, file)
torch.onnx.export(net, x[:1], task["outputs"]["model"], input_names=["x"], output_names=["scores"], dynamic_axes={"x": {0: "batch"}, "scores": {0: "batch"}}, opset_version=13)
print(f"accuracy {accuracy:.3f} on {len(x)} samples")
