"""The arithmetic and the tables of scripts/bench_peers on made-up numbers, what it says of options that
don't serve, and its processes. No heed and no torch: nothing is measured.

usage: bench_peers_test.py
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "scripts")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SCRIPTS, "peers"))
import bench_json  # noqa: E402
import figures  # noqa: E402
import processes  # noqa: E402
import rows  # noqa: E402
from figures import Comparison, Spread  # noqa: E402

MACHINE = {"cpu": "Abacus 3", "cores": 2, "threads": 2, "system": "Sand 1.0", "heed": "1.0", "torch": "2.13",
           "python": "3.11", "instruction_sets": [], "heed_instructions": "generic", "libtorch": "2.13"}


def compared(heed, peer, **more):
    return Comparison("row", "what is measured", "ms", Spread.of(heed), Spread.of(peer), "a peer", **more)


def bench_peers(*arguments):
    return subprocess.run([sys.executable, "-B", os.path.join(SCRIPTS, "bench_peers"), *arguments], text=True,
                          capture_output=True, check=False)


class Figures(unittest.TestCase):
    def test_a_spread_is_minimum_median_and_maximum(self):
        self.assertEqual(Spread.of([5, 1, 2]), Spread(1, 2, 5, 3))
        self.assertEqual(Spread.of([4, 1, 2, 3]).median, 2.5)
        with self.assertRaises(ValueError):
            Spread.of([])

    def test_times_says_how_many_times_better_heed_is_whichever_way_is_better(self):
        self.assertEqual(compared([10, 20, 30], [40]).times(), 2)
        self.assertEqual(compared([40], [20], higher_is_better=True).times(), 2)

    def test_a_target_is_reached_at_the_ratio_and_under_the_condition(self):
        self.assertIsNone(compared([1], [2]).reached())
        self.assertTrue(compared([1], [2], target=2).reached())
        self.assertFalse(compared([1], [2], target=2.1).reached())
        self.assertFalse(compared([1], [2], target=2, condition="loss", holds=False).reached())
        self.assertFalse(compared([1], [2], condition="loss", holds=False).reached())

    def test_a_table_is_80_columns_wide_and_says_what_was_left_out(self):
        long = compared([1234.5], [99999], target=15, condition="a condition that takes more than one line, since " * 2)
        long.what = "something that has a very long name, longer than the column can be made in any case"
        text = figures.table([compared([1], [2], target=3), long], [("generation", "needs --nanogpt DIR")])
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)
        self.assertIn("left out: generation: needs --nanogpt DIR", text)
        first = next(line for line in text.splitlines() if line.startswith("what is measured"))
        self.assertEqual(first.split()[-5:], ["1.00", "2.00", "2.00", "3.00", "no"])

    def test_a_table_of_nothing_says_why(self):
        self.assertEqual(figures.table([], [("step", "needs --text FILE")]), "left out: step: needs --text FILE\n")

    def test_json_has_the_spreads_the_ratio_the_target_and_whether_it_is_reached(self):
        said = json.loads(json.dumps(figures.as_json([compared([1, 2, 3], [4], target=1.5)], [("a", "b")], MACHINE,
                                                     {"repeats": 3})))
        self.assertEqual(said["rows"][0]["heed"], {"min": 1, "median": 2, "max": 3, "repeats": 3})
        self.assertEqual([said["rows"][0][key] for key in ("times", "target", "reached")], [2, 1.5, True])
        self.assertEqual(said["left_out"], [{"row": "a", "reason": "b"}])
        self.assertEqual(said["machine"]["cpu"], "Abacus 3")

    def test_markdown_has_a_row_a_comparison_and_names_the_machine(self):
        text = figures.markdown([compared([1], [2], target=3), compared([1], [4], target=3)], MACHINE)
        self.assertIn("| what is measured, ms | 1.00 | a peer: 2.00 | 2.00 | 3.00, not reached |", text)
        self.assertIn("| 4.00 | 3.00, reached |", text)
        self.assertIn("Abacus 3, 2 cores", text)


class BenchJson(unittest.TestCase):
    def line(self, **ways):
        times = {name: {"min": median - 1, "median": median, "max": median + 1} for name, median in ways.items()}
        return {"batch": 12, "heads": 4, "length": 64, "head_width": 32, "threads": 2, **times}

    def test_lines_are_found_however_deep_and_their_ways_by_name(self):
        line = self.line(heed_ms=2, torch_ms=5, recorded_ms=3)
        self.assertEqual(bench_json.lines({"cases": [{"inner": [line]}], "turns": 7}), [line])
        heed, peer = bench_json.heed_and_peer(line)
        self.assertEqual((heed.median, peer.median, bench_json.recorded(line).median), (2, 5, 3))

    def test_a_way_may_have_its_spread_one_key_below(self):
        spread = {"min": 1, "median": 2, "max": 3}
        line = {"hand": {"ms": spread}, "scaled_dot_product": {"ms": {**spread, "median": 4}}}
        heed, peer = bench_json.heed_and_peer(line)
        self.assertEqual((heed.median, peer.median), (2, 4))
        self.assertIsNone(bench_json.recorded(line))

    def test_a_way_is_the_first_of_its_name(self):
        line = self.line(heed_ms=2, libtorch_ms=5)
        line["with_input_gradient"] = self.line(heed_ms=3, libtorch_ms=9)
        heed, peer = bench_json.heed_and_peer(line)
        self.assertEqual((heed.median, peer.median), (2, 5))

    def test_the_targets_of_attention_and_of_recurrent_layers_are_found_by_size(self):
        self.assertEqual(bench_json.size(self.line(), rows.ATTENTION_KEYS), "12x4x64x32")
        self.assertEqual(bench_json.size({"sizes": "12 x 4 x 64 x 32"}, rows.ATTENTION_KEYS), "12x4x64x32")
        self.assertIn("12x4x64x32", rows.ATTENTION)
        layer = {"batch": 64, "length": 100, "width": 128}
        self.assertIn(("gru", rows.recurrent_size(layer)), rows.RECURRENT)
        self.assertEqual(rows.recurrent_size({**layer, "input": 10}), "64x100x10x128")


class Processes(unittest.TestCase):
    def test_ways_take_turns(self):
        order = []
        found = processes.alternate(3, {"a": lambda: order.append("a") or 1, "b": lambda: order.append("b") or 2})
        self.assertEqual("".join(order), "ababab")
        self.assertEqual(found, {"a": [1, 1, 1], "b": [2, 2, 2]})

    def test_a_process_gives_output_time_and_peak_memory(self):
        small = processes.run([sys.executable, "-c", "print('here')"])
        large = processes.run([sys.executable, "-c", "x = b'x' * (200 << 20)"])
        self.assertEqual(small.out, "here\n")
        self.assertGreater(small.seconds, 0)
        self.assertGreater(large.peak_mebibytes, small.peak_mebibytes + 150)

    def test_a_process_that_fails_says_its_last_line(self):
        with self.assertRaisesRegex(processes.Failed, "no such luck"):
            processes.run([sys.executable, "-c", "import sys; sys.exit('hm\\nno such luck')"])

    def test_a_process_is_ended_as_soon_as_it_says_the_word(self):
        endless = "import time\nprint('the word', flush=True)\ntime.sleep(600)"
        self.assertLess(processes.seconds_until("the word", [sys.executable, "-c", endless]), 600)
        with self.assertRaisesRegex(processes.Failed, "never said"):
            processes.seconds_until("the word", [sys.executable, "-c", "print('another')"])


class Rows(unittest.TestCase):
    def test_what_needs_a_text_or_nanogpt_is_left_out_with_the_reason(self):
        bench = rows.Bench(heed="heed", python="python", scratch="", text="", nanogpt="")
        names = ["step", "step-bf16", "bf16-loss", "quality", "generation", "memory", "sweep"]
        comparisons, left_out = rows.measure(bench, names)
        self.assertEqual(comparisons, [])
        self.assertEqual([name for name, _ in left_out], names)
        bench.text = "text"
        self.assertIn("--nanogpt DIR", rows.measure(bench, ["step"])[1][0][1])

    def test_a_program_that_fails_ends_its_row_alone(self):
        failing = rows.Bench(heed="false", python="false", scratch="", text="text")
        self.assertIn("false", rows.measure(failing, ["bf16-loss"])[1][0][1])
        failing.heed = "/nowhere/heed"
        self.assertIn("/nowhere/heed", rows.measure(failing, ["bf16-loss"])[1][0][1])


class Program(unittest.TestCase):
    def test_help_names_the_rows(self):
        done = bench_peers("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("--nanogpt", "--text", "--repeats", "--only", "--quick", "step-bf16", "generation"):
            self.assertIn(word, done.stdout)

    def test_what_does_not_serve_is_named_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for arguments, words in ((["--nanogpt", folder], "has no model.py"),
                                     (["--text", folder + "/none"], "expected a text file"),
                                     (["--only", "step,speed"], "no row \"speed\""),
                                     (["--heed", folder + "/none"], "expected a program"),
                                     (["--heed", sys.executable, "--python", folder + "/none"], "torch and numpy"),
                                     (["--repeats", "0"], "at least 1")):
                done = bench_peers(*arguments)
                self.assertEqual(done.returncode, 2, arguments)
                self.assertIn(words, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=0)
