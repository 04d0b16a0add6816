"""Milliseconds of clipping and one step of torch.optim.AdamW over the parameters of a transformer, each a
tensor of its own.

usage: torch_optimizer.py LAYERS WIDTH WAY STEPS     WAY: default, foreach, fused
"""
import json
import sys
import time

import torch


def parameters(layers, width):
    """The shapes of a small language model of 65 characters, without biases, its output tied."""
    matrices = [(65, width), (64, width)]
    for _ in range(layers):
        matrices += [(3 * width, width), (width, width), (4 * width, width), (width, 4 * width)]
    vectors = [(width,)] * (2 * layers + 1)
    return [[torch.nn.Parameter(torch.randn(shape)) for shape in shapes] for shapes in (matrices, vectors)]


def main(layers, width, way, steps):
    matrices, vectors = parameters(layers, width)
    options = {} if way == "default" else {way: True}
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1},
                                   {"params": vectors, "weight_decay": 0.0}], lr=1e-3, betas=(0.9, 0.99), **options)
    for parameter in matrices + vectors:
        parameter.grad = torch.randn_like(parameter)

    def step():
        torch.nn.utils.clip_grad_norm_(matrices + vectors, 1.0)
        optimizer.step()

    for _ in range(3):
        step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    print(json.dumps({"ms": 1000 * (time.perf_counter() - start) / steps,
                      "parameters": sum(one.numel() for one in matrices + vectors)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
