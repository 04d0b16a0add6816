"""Makes the files that nanoGPT's train.py reads of a text: its characters in alphabetical order are
numbered, nine tenths are for training, the rest for validation.

usage: nanogpt_data.py TEXT FOLDER
"""
import os
import pickle
import sys

import numpy


def main(text_path, folder):
    with open(text_path, encoding="utf-8") as file:
        text = file.read()
    characters = sorted(set(text))
    numbers = {character: index for index, character in enumerate(characters)}
    tokens = numpy.fromiter((numbers[one] for one in text), dtype=numpy.uint16, count=len(text))
    border = int(len(tokens) * 0.9)
    tokens[:border].tofile(os.path.join(folder, "train.bin"))
    tokens[border:].tofile(os.path.join(folder, "val.bin"))
    with open(os.path.join(folder, "meta.pkl"), "wb") as file:
        pickle.dump({"vocab_size": len(characters), "itos": dict(enumerate(characters)), "stoi": numbers}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
