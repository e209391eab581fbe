"""Evaluates an ONNX file with PyTorch in float64, read with the onnx package: an account of a model that shares nothing with the engine.

Standard input: {"file": path, "input": name, "output": name, "shape": [...]}. The input is sin(i + 1) over its elements, the loss is the
sum over the output's elements of output * sin(i + 1). Standard output: {"outputs": {name: [...]}, "gradient": [...]}.
"""
import json
import sys

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def tensor(array):
    value = torch.from_numpy(np.array(array))
    return value.double() if value.is_floating_point() else value


def pads(x, pads, value=0.0):
    n = len(pads) // 2
    flat = [p for i in reversed(range(n)) for p in (pads[i], pads[i + n])]
    return F.pad(x, flat, value=value) if any(flat) else x


def windowed(a, x, fill):
    k = a["kernel_shape"]
    return pads(x, a.get("pads", [0] * 2 * len(k)), fill), k, a.get("strides", [1] * len(k))


def conv(a, x, w, b=None):
    x = pads(x, a.get("pads", [0, 0, 0, 0])) if a.get("auto_pad", b"NOTSET") in (b"NOTSET", b"VALID") else same(a, x, w)
    return F.conv2d(x, w, b, a.get("strides", 1), 0, a.get("dilations", 1), a.get("group", 1))


def same(a, x, w):
    strides, dilations = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
    small, large = [], []
    for size, k, s, d in zip(x.shape[2:], w.shape[2:], strides, dilations):
        total = max(0, (-(-size // s) - 1) * s + (k - 1) * d + 1 - size)
        small.append(total // 2)
        large.append(total - total // 2)
    return pads(x, small + large if a["auto_pad"] == b"SAME_UPPER" else large + small)


def conv_transpose(a, x, w, b=None):
    p = a.get("pads", [0, 0, 0, 0])
    assert p[:2] == p[2:]
    return F.conv_transpose2d(x, w, b, a.get("strides", 1), p[:2], a.get("output_padding", 0), a.get("group", 1), a.get("dilations", 1))


def average_pool(a, x):
    x, k, s = windowed(a, x, 0.0)
    assert not any(a.get("pads", [0]))
    return F.avg_pool2d(x, k, s)


def max_pool(a, x):
    x, k, s = windowed(a, x, -float("inf"))
    return F.max_pool2d(x, k, s)


def batch_norm(a, x, scale, bias, mean, var):
    return F.batch_norm(x, mean, var, scale, bias, False, 0, a.get("epsilon", 1e-5))


def slice_(a, x, starts=None, ends=None, axes=None, steps=None):
    starts, ends = ints(starts, a, "starts"), ints(ends, a, "ends")
    axes = ints(axes, a, "axes") or list(range(len(starts)))
    steps = ints(steps, a, "steps") or [1] * len(starts)
    index = [slice(None)] * x.dim()
    for s, e, axis, step in zip(starts, ends, axes, steps):
        index[axis] = slice(s, e, step)
    return x[tuple(index)]


def ints(value, a, name):
    return list(a.get(name, [])) if value is None else [int(v) for v in value]


def reshape(a, x, shape):
    return x.reshape([x.shape[i] if s == 0 else int(s) for i, s in enumerate(shape)])


def resize(a, x, roi=None, scales=None, sizes=None):
    target = [int(s) for s in sizes] if sizes is not None else [int(n * s) for n, s in zip(x.shape, scales)]
    mode, place = a.get("mode", b"nearest"), a.get("coordinate_transformation_mode", b"half_pixel")
    assert target[:2] == list(x.shape[:2]), "only the spatial axes are resized"
    if mode == b"linear":
        assert place == b"half_pixel"
        return F.interpolate(x, size=target[2:], mode="bilinear", align_corners=False)
    assert place == b"asymmetric" and a.get("nearest_mode") == b"floor"
    return F.interpolate(x, size=target[2:], mode="nearest")


def split(a, x, sizes=None):
    return list(torch.split(x, ints(sizes, a, "split"), a.get("axis", 0)))


def unsqueeze(a, x, axes=None):
    for axis in sorted(ints(axes, a, "axes")):
        x = x.unsqueeze(axis)
    return x


def squeeze(a, x, axes=None):
    for axis in sorted(ints(axes, a, "axes"), reverse=True):
        x = x.squeeze(axis)
    return x


def clip(a, x, low=None, high=None):
    return x.clamp(a.get("min", low), a.get("max", high))


def cast(a, x):
    return x.to({1: torch.float64, 6: torch.int32, 7: torch.int64, 9: torch.bool, 11: torch.float64}[a["to"]])


def gemm(a, x, w, b=0):
    x = x.T if a.get("transA") else x
    w = w.T if a.get("transB") else w
    return a.get("alpha", 1.0) * (x @ w) + a.get("beta", 1.0) * b


def softmax(a, x):
    axis = a.get("axis", 1)
    assert axis in (-1, x.dim() - 1), "before operator set 13 only the last axis is the same"
    return x.softmax(axis)


def constant_of_shape(a, shape):
    value = tensor(numpy_helper.to_array(a["value"])) if "value" in a else torch.zeros(1)
    return value.reshape([]).expand([int(s) for s in shape]).clone()


operators = {
    "Add": lambda a, x, y: x + y, "Sub": lambda a, x, y: x - y, "Mul": lambda a, x, y: x * y, "Pow": lambda a, x, y: x**y,
    "Div": lambda a, x, y: x / y if x.is_floating_point() else x // y,
    "Relu": lambda a, x: x.relu(), "Sigmoid": lambda a, x: x.sigmoid(), "Tanh": lambda a, x: x.tanh(), "Exp": lambda a, x: x.exp(),
    "Sqrt": lambda a, x: x.sqrt(), "HardSigmoid": lambda a, x: (x * a.get("alpha", 0.2) + a.get("beta", 0.5)).clamp(0, 1),
    "PRelu": lambda a, x, slope: torch.where(x > 0, x, x * slope), "Equal": lambda a, x, y: x == y,
    "Conv": conv, "ConvTranspose": conv_transpose, "BatchNormalization": batch_norm, "AveragePool": average_pool, "MaxPool": max_pool,
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True), "Gemm": gemm, "MatMul": lambda a, x, y: x @ y, "Softmax": softmax,
    "ReduceMean": lambda a, x: x.mean(tuple(a["axes"]), keepdim=bool(a.get("keepdims", 1))),
    "Concat": lambda a, *xs: torch.cat(xs, a["axis"]), "Transpose": lambda a, x: x.permute(a["perm"]), "Reshape": reshape,
    "Flatten": lambda a, x: x.reshape(int(np.prod(x.shape[: a.get("axis", 1)])), -1), "Slice": slice_, "Split": split,
    "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Resize": resize, "Clip": clip, "Cast": cast, "Identity": lambda a, x: x,
    "Pad": lambda a, x, p=None, v=0.0: pads(x, ints(p, a, "pads"), float(a.get("value", v))),
    "Shape": lambda a, x: torch.tensor(x.shape), "Gather": lambda a, x, i: x[i.item()] if i.dim() == 0 else x[i],
    "ConstantOfShape": constant_of_shape, "Constant": lambda a: tensor(numpy_helper.to_array(a["value"])),
}


def main():
    asked = json.load(sys.stdin)
    graph = onnx.load(asked["file"]).graph
    values = {weight.name: tensor(numpy_helper.to_array(weight)) for weight in graph.initializer}
    size = int(np.prod(asked["shape"]))
    x = torch.sin(torch.arange(size) + 1.0).reshape(asked["shape"]).requires_grad_()
    values[asked["input"]] = x
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        result = operators[node.op_type](attributes, *[values[name] if name else None for name in node.input])
        for name, value in zip(node.output, result if isinstance(result, list) else [result]):
            values[name] = value
    outputs = {result.name: values[result.name] for result in graph.output}
    output = outputs[asked["output"]].reshape(-1)
    (output * torch.sin(torch.arange(output.numel()) + 1.0)).sum().backward()
    json.dump({"outputs": {name: v.detach().double().reshape(-1).tolist() for name, v in outputs.items()}, "gradient": x.grad.reshape(-1).tolist()}, sys.stdout)


main()
