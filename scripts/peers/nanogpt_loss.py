"""The loss of a nanoGPT checkpoint over a whole validation split, in blocks that do not overlap, in nats a
token.

usage: nanogpt_loss.py NANOGPT CHECKPOINT VAL_BIN
"""
import json
import sys

import numpy
import torch

sys.path.insert(0, sys.argv[1])
from model import GPT, GPTConfig  # noqa: E402  nanoGPT's


def main(checkpoint_path, tokens_path):
    checkpoint = torch.load(checkpoint_path, map_location="cpu")
    model = GPT(GPTConfig(**checkpoint["model_args"]))
    model.load_state_dict(checkpoint["model"])
    model.eval()
    tokens = torch.from_numpy(numpy.fromfile(tokens_path, dtype=numpy.uint16).astype(numpy.int64))
    block = model.config.block_size
    total, count = 0.0, 0
    with torch.no_grad():
        for first in range(0, len(tokens) - 1, 128 * block):
            piece = tokens[first:first + 128 * block + 1]
            rows = (len(piece) - 1) // block
            parts = [(piece[:rows * block].view(rows, block), piece[1:rows * block + 1].view(rows, block))]
            parts.append((piece[rows * block:-1][None], piece[rows * block + 1:][None]))  # the last, shorter one
            for inputs, targets in parts:
                if inputs.numel() > 0:
                    total += model(inputs, targets)[1].item() * inputs.numel()
                    count += inputs.numel()
    print(json.dumps({"loss": total / count, "tokens": count, "step": checkpoint["iter_num"]}))


if __name__ == "__main__":
    main(*sys.argv[2:])
