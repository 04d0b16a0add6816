"""The rows of the table: each a function that runs heed and a peer in turns and returns comparisons. A row
that cannot be measured here raises LeftOut with the reason."""
from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass, field

import bench_json
from figures import Comparison, Spread
from processes import Failed, alternate, run, seconds_until

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SHAKESPEARE = os.path.join(ROOT, "configs", "shakespeare_char.toml")
FAST = os.path.join(ROOT, "configs", "shakespeare_char_fast.toml")
QUALITY = 1.893  # nats a character over the whole validation split, of nanoGPT's 2000 steps
# nanoGPT's shakespeare_char for a CPU, as its README has it.
NANOGPT = ["config/train_shakespeare_char.py", "--device=cpu", "--compile=False", "--eval_iters=20",
           "--log_interval=100", "--block_size=64", "--batch_size=12", "--n_layer=4", "--n_head=4",
           "--n_embd=128", "--max_iters=2000", "--lr_decay_iters=2000", "--dropout=0.0"]


class LeftOut(Exception):
    """Why a row is not measured."""


@dataclass
class Bench:
    """What the rows are measured with."""
    heed: str
    python: str
    scratch: str  # a folder that goes away
    nanogpt: str = ""  # a prepared copy of its folder
    text: str = ""
    repeats: int = 5
    threads: int = 2
    quick: bool = False
    tell: object = field(default=lambda words: None)

    def environment(self, threads=None):
        return {"OMP_NUM_THREADS": threads or self.threads}

    def of(self, full, quick):
        return quick if self.quick else full

    def need_text(self):
        if not self.text:
            raise LeftOut("needs --text FILE, such as tinyshakespeare")

    def need_nanogpt(self):
        self.need_text()
        if not self.nanogpt:
            raise LeftOut("needs --nanogpt DIR, a checkout of nanoGPT")

    def run_heed(self, *arguments, threads=None, more=None):
        return run([self.heed, *arguments], {**self.environment(threads), **(more or {})})

    def bench(self, name):
        quick = ["--quick"] if self.quick else []
        return json.loads(self.run_heed("bench", name, "--json", *quick).out)

    def peer(self, script, *arguments):
        """What a peer script says last; nanoGPT's model says a word of its own before."""
        done = run([self.python, os.path.join(HERE, script), *map(str, arguments)], self.environment())
        return json.loads(done.out.splitlines()[-1])

    def nanogpt_command(self, *settings):
        return [self.python, "-u", "train.py", *NANOGPT, f"--out_dir={self.scratch}/nanogpt", *settings]

    def train_command(self, config, run_name, *settings):
        arguments = ["train", config, "--run", os.path.join(self.scratch, run_name), "--force"]
        for setting in (f"task.path={self.text}", *settings):
            arguments += ["--set", setting]
        return arguments

    def in_turns(self, row, ways, repeats=None):
        count = repeats or self.repeats
        return alternate(count, ways, lambda way, repeat: self.tell(f"{row}: {way} {repeat + 1}/{count}"))


def heed_step_ms(bench, precision):
    """Of the second half of a training, from metrics.csv: the first half warms up."""
    half = bench.of(100, 4)
    bench.run_heed(*bench.train_command(SHAKESPEARE, "step", f"train.steps={2 * half}", f"train.eval_every={half}",
                                        f"train.checkpoint_every={2 * half}", "train.warmup=0",
                                        f"train.precision={precision}"))
    with open(os.path.join(bench.scratch, "step", "metrics.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    first, second = (float(row["train_seconds"]) for row in rows[-2:])
    return 1000 * (second - first) / half


def nanogpt_step_ms(bench):
    """Of the second half, too, from what its train.py prints of each step."""
    steps = bench.of(200, 8)
    done = run(bench.nanogpt_command(f"--max_iters={steps - 1}", "--eval_interval=100000", "--eval_iters=1",
                                     "--log_interval=1"), bench.environment(), bench.nanogpt)
    times = [float(line.split("time ")[1].split("ms")[0]) for line in done.out.splitlines()
             if line.startswith("iter ")]
    return sum(times[steps // 2:]) / len(times[steps // 2:])


def training_step(bench, row, precision, target):
    bench.need_nanogpt()
    found = bench.in_turns(row, {"heed": lambda: heed_step_ms(bench, precision),
                                 "nanoGPT": lambda: nanogpt_step_ms(bench)})
    return Comparison(row, f"training step, {precision}", "ms", Spread.of(found["heed"]),
                      Spread.of(found["nanoGPT"]), "nanoGPT", target)


def product_share(figures, threads):
    """heed's step against the time that its matrix products need at the measured peak."""
    for case in figures["steps"]["cases"]:
        if (case["model"], case["precision"], case["threads"]) == ("shakespeare_char", "float32", threads):
            products = 1000 * case["product_gflop"] / case["peak_gflops"]
            step = case["step_ms"]
            return Comparison("step", "the step beside its products at the peak", "ms",
                              Spread(step["min"], step["median"], step["max"], figures["steps"]["turns"]),
                              Spread.of([products]), "products alone", 0.85)
    raise LeftOut(f"heed bench steps measured nothing on {threads} threads")


def step(bench):
    return [training_step(bench, "step", "float32", 1.9), product_share(bench.bench("steps"), bench.threads)]


def step_bf16(bench):
    return [training_step(bench, "step-bf16", "bf16", 2.8)]


def final_loss(bench, precision, seed):
    name = f"loss_{precision}_{seed}"
    steps = bench.of(2000, 4)
    bench.run_heed(*bench.train_command(SHAKESPEARE, name, f"train.precision={precision}", f"seed={seed}",
                                        f"train.steps={steps}", f"train.warmup={min(100, steps)}"))
    return summary(bench, name)["val_loss"]


def summary(bench, name):
    with open(os.path.join(bench.scratch, name, "summary.json"), encoding="utf-8") as file:
        return json.load(file)


def bf16_loss(bench):
    """Both precisions from the same weights on the same batches."""
    bench.need_text()
    losses = {precision: final_loss(bench, precision, 1) for precision in ("bf16", "float32")}
    difference = losses["bf16"] - losses["float32"]
    return [Comparison("bf16-loss", "final loss in bf16", "nats", Spread.of([losses["bf16"]]),
                       Spread.of([losses["float32"]]), "float32",
                       condition=f"{difference:+.4f} nats, at most 0.01 either way",
                       holds=abs(difference) <= 0.01)]


def heed_to_quality(bench, seed, losses):
    settings = [f"seed={seed}"] + bench.of([], ["train.steps=4", "train.warmup=0"])
    done = bench.run_heed(*bench.train_command(FAST, "quality", *settings))
    losses.append(summary(bench, "quality")["val_loss"])
    return done.seconds


def nanogpt_to_quality(bench, losses):
    short = bench.of([], ["--max_iters=4", "--eval_interval=4", "--eval_iters=1"])
    done = run(bench.nanogpt_command(*short), bench.environment(), bench.nanogpt)
    result = bench.peer("nanogpt_loss.py", bench.nanogpt, os.path.join(bench.scratch, "nanogpt", "ckpt.pt"),
                      os.path.join(bench.nanogpt, "data", "shakespeare_char", "val.bin"))
    losses.append(result["loss"])
    return done.seconds


def quality(bench):
    bench.need_nanogpt()
    if not os.path.exists(FAST):
        raise LeftOut("there is no configs/shakespeare_char_fast.toml")
    ours, theirs = [], []
    seeds = iter(range(1, 1 + bench.repeats))
    found = bench.in_turns("quality", {"heed": lambda: heed_to_quality(bench, next(seeds), ours),
                                       "nanoGPT": lambda: nanogpt_to_quality(bench, theirs)})
    bound = max(QUALITY, min(theirs)) if bench.quick else QUALITY
    text = (f"loss {min(ours):.3f} to {max(ours):.3f} in {len(ours)} seeds, at most {bound:.3f} asked for; "
            f"nanoGPT {min(theirs):.3f} to {max(theirs):.3f}")
    return [Comparison("quality", "time to quality", "s", Spread.of(found["heed"]), Spread.of(found["nanoGPT"]),
                       "nanoGPT", 15, condition=text, holds=max(ours) <= bound)]


ATTENTION = {"12x4x64x32": 2.5, "32x4x128x32": 2.5, "8x8x256x64": 2, "4x8x512x64": 1.5, "2x8x1024x64": 1.3}
ATTENTION_KEYS = ("batch", "heads", ("length", "queries"), ("head_width", "width"))


def attention(bench):
    bench.tell("attention: heed and LibTorch in one process")
    found = bench_json.fewer_or_all(bench_json.lines(bench.bench("attention")["attention"]), bench.threads)
    result = []
    for line in found:
        size = bench_json.size(line, ATTENTION_KEYS)
        heed, peer = bench_json.heed_and_peer(line)
        if heed is None or peer is None:
            continue
        result.append(Comparison("attention", f"attention {size}", "ms", heed, peer,
                                 "scaled_dot_product_attention", ATTENTION.get(size)))
        recorded = bench_json.recorded(line)
        if recorded is not None and int(line.get("length", 0)) <= 256:
            result.append(Comparison("attention", f"attention {size}, weights recorded", "ms", recorded, heed,
                                     "not recorded", 1 / 1.1))
    return result


RECURRENT = {("tanh", "64x100x128x128"): 1.5, ("gru", "64x100x128x128"): 1.5, ("lstm", "64x100x128x128"): 1.2,
             ("tanh", "20x35x200x200"): 1.5, ("gru", "20x35x200x200"): 1.5, ("lstm", "20x35x200x200"): 1.2,
             ("tanh", "32x100x10x20"): 4, ("gru", "32x100x10x20"): 4}
CELL_NAMES = {"rnn": "tanh", "RNN": "tanh"}


def recurrent_size(line):
    """BATCHxLENGTHxINPUTxWIDTH; the input is as wide as the layer where nothing else is said."""
    width = line.get("width", line.get("d_model"))
    inputs = next((line[key] for key in ("input", "input_width", "inputs") if key in line), width)
    return f"{line.get('batch', line.get('rows'))}x{line.get('length')}x{inputs}x{width}"


def recurrent(bench):
    bench.tell("recurrent: heed and LibTorch in one process")
    found = bench_json.fewer_or_all(bench_json.lines(bench.bench("recurrent")["recurrent"]), bench.threads)
    result = []
    for line in found:
        heed, peer = bench_json.heed_and_peer(line)
        if heed is None or peer is None:
            continue
        cell = str(line.get("cell", line.get("kind", line.get("model")))).lower()
        key = (CELL_NAMES.get(cell, cell), recurrent_size(line))
        result.append(Comparison("recurrent", " ".join(key), "ms", heed, peer, "torch::nn", RECURRENT.get(key)))
        if key in RECURRENT or key[1] == "32x100x10x20":
            steps = bench.of(40, 2)
            python = bench.in_turns("recurrent", {" ".join(key) + " in Python": lambda: bench.peer(
                "torch_recurrent.py", key[0], *key[1].split("x"), steps)["ms"]})
            result.append(Comparison("recurrent", " ".join(key) + ", Python", "ms", heed,
                                     Spread.of(*python.values()), "torch.nn in Python", RECURRENT.get(key)))
    return result


def heed_generation(bench, context):
    cases = bench.bench("generation")["generation"]["cases"]
    contexts = sorted({case["context"] for case in cases})
    context = context if context in contexts else contexts[-1]
    case = next(one for one in cases if (one["context"], one["threads"]) == (context, bench.threads))
    return {part: case[part]["tokens_per_second"]["median"] for part in ("fill", "slide", "halves")}


def generation(bench):
    bench.need_nanogpt()
    result = []
    for context, target in ((64, 20), (256, 40)):
        found = bench.in_turns(f"generation {context}", {
            "heed": lambda: heed_generation(bench, context),
            "nanoGPT": lambda: bench.peer("nanogpt_generate.py", bench.nanogpt, context, bench.of(500, 4))})
        # nanoGPT's window moves by one; by halves each token has a shorter past.
        for ours, theirs, words in (("fill", "fill", "until full"), ("slide", "slide", "beyond"),
                                    ("halves", "slide", "beyond, by halves")):
            heed = Spread.of([one[ours] for one in found["heed"]])
            peer = Spread.of([one[theirs] for one in found["nanoGPT"]])
            result.append(Comparison("generation", f"generation, context {context}, {words}", "tokens/s", heed,
                                     peer, "nanoGPT", target, higher_is_better=True))
    return result


def memory(bench):
    """The peak of a whole short training, of which the bare program is a part; and what is above that."""
    bench.need_nanogpt()
    steps = bench.of(30, 3)
    settings = [f"train.steps={steps}", f"train.eval_every={steps}", "train.warmup=0"]
    ways = {
        "heed": lambda: bench.run_heed(*bench.train_command(SHAKESPEARE, "memory", *settings)).peak_mebibytes,
        "nanoGPT": lambda: run(bench.nanogpt_command(f"--max_iters={steps}", "--eval_iters=1"),
                               bench.environment(), bench.nanogpt).peak_mebibytes,
        "heed --version": lambda: bench.run_heed("--version").peak_mebibytes,
        "import torch": lambda: run([bench.python, "-c", "import torch"], bench.environment()).peak_mebibytes}
    found = bench.in_turns("memory", ways)
    whole = [Spread.of(found[name]) for name in ("heed", "nanoGPT")]
    above = [Spread.of([one - other for one, other in zip(found[way], found[bare])])
             for way, bare in (("heed", "heed --version"), ("nanoGPT", "import torch"))]
    return [Comparison("memory", "peak memory of a training", "MiB", *whole, "nanoGPT", 2),
            Comparison("memory", "the same above the bare library", "MiB", *above, "nanoGPT above import torch")]


def start(bench):
    ways = {"heed --version": lambda: bench.run_heed("--version").seconds,
            "import torch": lambda: run([bench.python, "-c", "import torch"], bench.environment()).seconds}
    found = bench.in_turns("start", ways)
    result = [Comparison("start", "start of the program", "s", Spread.of(found["heed --version"]),
                         Spread.of(found["import torch"]), "import torch", 2)]
    if not bench.nanogpt:
        return result
    train = [bench.heed, *bench.train_command(SHAKESPEARE, "start", "name=first")]  # debug: a line a step
    ways = {"heed": lambda: seconds_until("first 1/", train, {**bench.environment(), "HEED_LOG": "debug"}),
            "nanoGPT": lambda: seconds_until("iter 0:", bench.nanogpt_command("--eval_iters=1"),
                                             bench.environment(), bench.nanogpt)}
    found = bench.in_turns("first step", ways)
    result.append(Comparison("start", "first training step done", "s", Spread.of(found["heed"]),
                             Spread.of(found["nanoGPT"]), "nanoGPT", 2))
    return result


def sweep(bench):
    """The same two runs, each on a thread of its own beside the other, and one after the other on all."""
    bench.need_text()
    if bench.threads < 2:
        raise LeftOut("needs 2 threads")
    configs = []
    for name in ("one", "two"):
        path = os.path.join(bench.scratch, f"sweep_{name}.toml")
        with open(SHAKESPEARE, encoding="utf-8") as source, open(path, "w", encoding="utf-8") as file:
            file.write(source.read().replace('name = "shakespeare_char"', f'name = "{name}"'))
        configs.append(path)
    steps = bench.of(400, 4)
    settings = [f"task.path={bench.text}", f"train.steps={steps}", f"train.eval_every={steps}", "train.warmup=0"]

    def seconds(jobs):
        arguments = ["compare", *configs, "--out", os.path.join(bench.scratch, f"sweep_{jobs}"), "--jobs",
                     str(jobs), "--force"]
        for setting in settings:
            arguments += ["--set", setting]
        return bench.run_heed(*arguments, threads=2).seconds

    found = bench.in_turns("sweep", {"2 jobs": lambda: seconds(2), "1 job": lambda: seconds(1)})
    return [Comparison("sweep", "sweep of 2 jobs on 2 cores", "s", Spread.of(found["2 jobs"]),
                       Spread.of(found["1 job"]), "one after the other, 2 threads", 1.6)]


def optimizer(bench):
    sizes = ((4, 128), (13, 256))[:bench.of(2, 1)]
    ways = {"heed": lambda: bench.bench("optimizer")["optimizer"]["sizes"]}
    for way in ("default", "foreach", "fused"):
        ways[way] = lambda way=way: [bench.peer("torch_optimizer.py", *size, way, bench.of(50, 2)) for size in sizes]
    found = bench.in_turns("optimizer", ways)
    result = []
    for i, size in enumerate(found["heed"][0]):
        ours = Spread.of([one[i]["heed_ms"]["median"] for one in found["heed"]])
        for way in ("default", "foreach", "fused"):
            result.append(Comparison("optimizer", f"clip and AdamW, {size['parameters'] / 1e6:.1f} M", "ms", ours,
                                     Spread.of([one[i]["ms"] for one in found[way]]), f"torch.optim, {way}"))
    return result


ROWS = {"step": step, "step-bf16": step_bf16, "bf16-loss": bf16_loss, "quality": quality, "attention": attention,
        "recurrent": recurrent, "generation": generation, "memory": memory, "start": start, "sweep": sweep,
        "optimizer": optimizer}


def measure(bench, names):
    """(comparisons, [(row, why it was left out)]) of these rows; a program that fails ends its row alone."""
    comparisons, left_out = [], []
    for name in names:
        try:
            comparisons += ROWS[name](bench)
        except (LeftOut, Failed, OSError) as reason:
            left_out.append((name, str(reason)))
    return comparisons, left_out
