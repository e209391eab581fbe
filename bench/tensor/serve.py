"""How a process of PyTorch is driven over stdin and stdout, one JSON line each way:
{"load": {"kind", "learningRate", "tensors": [{"name", "type", "shape", "file"}], "parameters": [names], ...}} -> {"ready": true, "version": ...}
{"steps": n} -> {"seconds": for all of them, "loss": of the last}
{"parameters": true} -> {name: [first numbers]}
{"memory": true} -> {"peak": KiB}
"""
import json
import sys
import time

import torch


def read_tensors(spec):
    types = {"float32": torch.float32, "int64": torch.int64}
    tensors = {}
    for t in spec["tensors"]:
        with open(t["file"], "rb") as file:
            tensors[t["name"]] = torch.frombuffer(bytearray(file.read()), dtype=types[t["type"]]).reshape(t["shape"])
    return tensors


def serve(load):
    """`load` gives, of what was sent and its tensors, a step and what reads the result."""
    step, read = None, None
    for line in sys.stdin:
        ask = json.loads(line)
        if "load" in ask:
            step, read = load(ask["load"], read_tensors(ask["load"]))
            answer = {"ready": True, "version": torch.__version__}
        elif "steps" in ask:
            start = time.perf_counter()
            for _ in range(ask["steps"]):
                loss = step()
            answer = {"seconds": time.perf_counter() - start, "loss": loss.item()}
        elif "memory" in ask:
            with open("/proc/self/status") as status:
                answer = {"peak": int(next(line for line in status if line.startswith("VmHWM")).split()[1])}
        else:
            answer = read()
        print(json.dumps(answer), flush=True)
