"""What heed writes, opened from Python: attention.npz by NumPy, the weights by safetensors.

usage: test_arrays.py HEED
"""
import os
import subprocess
import sys
import tempfile

try:
    import numpy
    from safetensors.numpy import load_file
except ImportError as missing:
    print(f"skipped: {missing}; scripts/test installs what this test needs into .venv")
    sys.exit(77)

CONFIG = """
[task]
kind = "grammar"
evaluation_rows = 8
[model]
kind = "transformer"
layers = 2
heads = 2
d_model = 16
[train]
steps = 4
batch = 4
context = 16
"""


def heed(*arguments):
    done = subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    run, maps = os.path.join(folder, "run"), os.path.join(folder, "maps")
    config = os.path.join(folder, "tiny.toml")
    with open(config, "w") as file:
        file.write(CONFIG)
    heed("train", config, "--run", run)
    heed("attend", run, "--text", "the cat sat on the mat because it was tired .", "--out", maps)

    with numpy.load(os.path.join(maps, "attention.npz"), allow_pickle=False) as archive:
        attention, tokens = archive["attn"], archive["tokens"]
    assert list(tokens) == "the cat sat on the mat because it was tired .".split(), tokens
    assert attention.dtype == numpy.float32 and attention.shape == (2, 1, 2, 11, 11), attention.shape
    assert numpy.allclose(attention.sum(-1), 1, atol=1e-6)
    assert (numpy.triu(attention, 1) == 0).all()

    weights = load_file(os.path.join(run, "best", "model.safetensors"))
    assert weights["token_embedding.weight"].shape[1] == 16, weights["token_embedding.weight"].shape
    assert all(numpy.isfinite(value).all() for value in weights.values())
    state = load_file(os.path.join(run, "last", "optimizer.safetensors"))
    parameters = sum(value.size for value in weights.values())
    assert state["first_moment"].size == parameters, (state["first_moment"].size, parameters)

print("ok")
