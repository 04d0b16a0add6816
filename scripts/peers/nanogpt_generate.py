"""Tokens a second of nanoGPT's own GPT.generate, with sample.py's temperature and top_k: one sample, from
one token until the context is full, and of the tokens after that. Its weights are as initialised.

usage: nanogpt_generate.py NANOGPT CONTEXT TOKENS_BEYOND
"""
import json
import sys
import time

import torch

sys.path.insert(0, sys.argv[1])
from model import GPT, GPTConfig  # noqa: E402  nanoGPT's


def timed(model, start, tokens):
    before = time.perf_counter()
    result = model.generate(start, tokens, temperature=0.8, top_k=200)
    return result, tokens / (time.perf_counter() - before)


def main(context, beyond):
    torch.manual_seed(1)
    model = GPT(GPTConfig(block_size=context, vocab_size=65, n_layer=4, n_head=4, n_embd=128, dropout=0.0,
                          bias=False)).eval()
    start = torch.zeros((1, 1), dtype=torch.long)
    with torch.no_grad():
        timed(model, start, 4)
        full, fill = timed(model, start, context - 1)
        _, slide = timed(model, full, beyond)
    print(json.dumps({"fill": fill, "slide": slide}))


if __name__ == "__main__":
    main(int(sys.argv[2]), int(sys.argv[3]))
