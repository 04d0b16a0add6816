"""What heed writes, opened from Python: attention.npz by NumPy, attention.safetensors and the
weights by safetensors.

usage: test_arrays.py HEED
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy
    from safetensors import safe_open
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


def arrays(folder):
    with numpy.load(os.path.join(folder, "attention.npz"), allow_pickle=False) as archive:
        return dict(archive)


def check_safetensors(folder):
    """Holds the numbers of attention.npz as tensors, its texts as metadata."""
    path, expected = os.path.join(folder, "attention.safetensors"), arrays(folder)
    with safe_open(path, "np") as file:
        metadata, names = file.metadata(), set(file.keys())
        assert names == {name for name, array in expected.items() if array.dtype.kind != "U"}, names
        for name, array in expected.items():
            if array.dtype.kind == "U":
                assert json.loads(metadata[name]) == list(array), name
            else:
                tensor = file.get_tensor(name)
                assert tensor.dtype == array.dtype and numpy.array_equal(tensor, array), name
    try:
        from safetensors.torch import load_file as load_torch  # looks at the numbers in place
    except ImportError:
        return metadata
    for name, tensor in load_torch(path).items():
        assert numpy.array_equal(tensor.numpy(), expected[name]), name
    return metadata


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

    words = "the cats sleep ."
    heed("attend", run, "--text", words, "--pair", "the dog runs .", "--out", maps, "--layers", "1",
         "--float16", "--safetensors", "--figures", "none")
    found, metadata = arrays(maps), check_safetensors(maps)
    assert found["attn"].dtype == numpy.float16 and found["attn"].shape == (1, 1, 2, 8, 8)
    assert numpy.allclose(found["attn"].astype(float).sum(-1), 1, atol=8 / 4096)
    assert found["second"] == 4 and found["second"].shape == ()
    assert list(found["layers"]) == [1] and list(found["heads"]) == [0, 1]
    assert json.loads(metadata["layer_names"]) == ["layer 1"], metadata
    assert json.loads(metadata["head_names"]) == ["head 0", "head 1"], metadata

    corpus = os.path.join(folder, "corpus.txt")
    with open(corpus, "w") as file:
        for line in range(200):
            file.write(f"{words}\n" if line % 3 else "the dog\truns .\n\n")
    heed("attend", run, "--file", corpus, "--one-file", "--safetensors", "--out", maps,
         "--figures", "none")
    found = arrays(maps)
    metadata = check_safetensors(maps)
    assert len(found["sentences"]) == 200 and found["sentences"][-1] == 267, found["sentences"]
    for number in found["sentences"]:
        length = len(found[f"tokens_{number:05}"])
        assert found[f"attn_{number:05}"].shape == (2, 1, 2, length, length), number
    assert list(found["tokens_00003"]) == words.split() and found["second_00001"] == 2

    heed("attend", run, "--sample", "8", "--out", maps, "--figures", "none")
    for row in range(1, 9):
        found = arrays(os.path.join(maps, f"sample{row:04}"))
        assert found["attn"].shape[-1] == len(found["tokens"]) == 16, found["tokens"]
        if "links" in found:  # where the task knows some
            assert found["links"].dtype == numpy.int64 and found["links"].shape[1] == 3
            assert (found["links"][:, 0] < len(found["link_kinds"])).all()

    heed("generate", run, "--prompt", "the cat", "--tokens", "3", "--attend", maps)
    assert arrays(maps)["prompt"] == 2

    weights = load_file(os.path.join(run, "best", "model.safetensors"))
    assert weights["token_embedding.weight"].shape[1] == 16, weights["token_embedding.weight"].shape
    assert all(numpy.isfinite(value).all() for value in weights.values())
    state = load_file(os.path.join(run, "last", "optimizer.safetensors"))
    parameters = sum(value.size for value in weights.values())
    assert state["first_moment"].size == parameters, (state["first_moment"].size, parameters)

print("ok")
