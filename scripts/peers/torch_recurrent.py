"""Milliseconds of a training step of one recurrent layer of torch.nn, the same as that of `heed bench
recurrent`: forward, squared error, backward, a step of gradient descent.

usage: torch_recurrent.py CELL BATCH LENGTH INPUT WIDTH STEPS     CELL: tanh, gru, lstm
"""
import json
import sys
import time

import torch

CELLS = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


def main(cell, batch, length, inputs, width, steps):
    torch.manual_seed(1)
    layer = CELLS[cell](inputs, width)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    data, target = torch.randn(length, batch, inputs), torch.randn(length, batch, width)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(layer(data)[0], target).backward()
        optimizer.step()

    for _ in range(3):
        step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    print(json.dumps({"ms": 1000 * (time.perf_counter() - start) / steps}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
