#!/usr/bin/python3
"""Trains the encoder: passages of labelled posts to rules/posts.encoder.

docs/ENCODER.md tells what is needed and what came of it.
"""
import argparse
import json
import pathlib
import random
import re
import time

import torch
from torch.nn import functional as F

import file as encoder_file
from model import Encoder
from pieces import MARKS, Pieces

LONGEST = 160       # pieces; CH_ENCODER_PIECES
BATCH = 32
RATE, RATE_HEADS = 2e-4, 1e-3  # of learning
WARM = 200          # steps until the rate is reached
DROP = 0.1          # of numbers
DROP_PIECE = 0.03   # of pieces, which become unknown
MIXED = 0.35        # of posts, with the first sentence of a harmless one
KINDS = 0.3         # weight of the rules beside harm
FALSE_ALARMS = (.01, .02, .04, .06, .08, .1)


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def cut(posts, pieces):
    """The posts that have a word, with their pieces."""
    for post in posts:
        post["pieces"] = pieces.of_passage(post["passage"])
    return [post for post in posts if post["pieces"]]


def openings(posts, pieces):
    """First sentences of posts that come near to nothing wrong, by language."""
    found = {}
    for post in posts:
        if not post["harm"] and "near" not in post:
            body = re.split("[\x01\x02\x03]", post["passage"])[-1]
            first = re.match(r".*?[.!?](?=\s|$)|.*", body, re.S).group()
            found.setdefault(post["lang"], []).append(pieces.of_passage(first))
    return found


def mixed(post, harmless):
    pieces = post["pieces"]
    if random.random() >= MIXED or post["lang"] not in harmless:
        return pieces
    other = random.choice(harmless[post["lang"]])
    if random.random() < 2 / 3:
        return pieces + other
    marks = [at for at, piece in enumerate(pieces) if piece in MARKS.values()]
    body = marks[-1] + 1 if marks else 0
    return pieces[:body] + other + pieces[body:]


def padded(lists, drop=0.0):
    width = min(LONGEST, max(map(len, lists)))
    table = torch.full((len(lists), width), -1)
    for row, pieces in enumerate(lists):
        pieces = [0 if random.random() < drop else piece for piece in pieces[:width]]
        table[row, :len(pieces)] = torch.tensor(pieces)
    return table


def batches(posts, harmless):
    """Posts of about one length, in any order."""
    rows = [(mixed(post, harmless), post) for post in posts]
    random.shuffle(rows)
    found = []
    for at in range(0, len(rows), 50 * BATCH):
        some = sorted(rows[at:at + 50 * BATCH], key=lambda row: len(row[0]))
        found += [some[i:i + BATCH] for i in range(0, len(some), BATCH)]
    random.shuffle(found)
    return found


def loss_of(model, rows, rules):
    harm, kinds = model(padded([pieces for pieces, _ in rows], DROP_PIECE), DROP)
    wanted = torch.tensor([float(post["harm"]) for _, post in rows])
    kind = torch.tensor([rules.index(post["rule"]) if post.get("rule") in rules else -1
                         for _, post in rows])
    loss = F.binary_cross_entropy_with_logits(harm, wanted)
    if (kind >= 0).any():
        loss = loss + KINDS * F.cross_entropy(kinds, kind, ignore_index=-1)
    return loss


def train(model, posts, rules, harmless, epochs, share):
    heads = [*model.harm.parameters(), *model.kinds.parameters()]
    known = {id(parameter) for parameter in heads}
    body = [parameter for parameter in model.parameters() if id(parameter) not in known]
    groups = [{"params": body}, {"params": heads}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    steps, step, begun = epochs * -(-len(posts) // BATCH), 0, time.time()
    model.train()
    for epoch in range(epochs):
        total = 0
        for number, rows in enumerate(batches(posts, harmless), 1):
            rate = share * min(1, (step + 1) / WARM) * max(0.01, 1 - step / steps)
            for group, full in zip(optimiser.param_groups, (RATE, RATE_HEADS)):
                group["lr"] = full * rate
            loss = loss_of(model, rows, rules)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            total, step = total + loss.item(), step + 1
            if number % 100 == 0:
                print(f"epoch {epoch + 1}, {number} of {steps // epochs}: "
                      f"loss {total / 100:.3f}, {time.time() - begun:.0f} s", flush=True)
                total = 0
    model.eval()


@torch.no_grad()
def odds_of(model, lists):
    odds = {}
    order = sorted(range(len(lists)), key=lambda at: len(lists[at]))
    for at in range(0, len(order), 64):
        some = order[at:at + 64]
        harm, _ = model(padded([lists[i] for i in some]))
        odds.update(zip(some, harm.tolist()))
    return [odds[at] for at in range(len(lists))]


def report(model, posts):
    """Violations caught at so many false alarms, by words, meaning and both."""
    meaning = odds_of(model, [post["pieces"] for post in posts])
    columns = {"words": [post["odds"] for post in posts], "meaning": meaning}
    columns["both"] = [sum(pair) for pair in zip(*columns.values())]
    for name, odds in columns.items():
        bad = [value for value, post in zip(odds, posts) if post["harm"]]
        good = sorted((value for value, post in zip(odds, posts) if not post["harm"]), reverse=True)
        print(f"{name:8}", *(
            f"{share:.0%}: {sum(value > good[int(share * len(good))] for value in bad) / len(bad):.1%}"
            for share in FALSE_ALARMS), sep="  ")


def write_expected(path, model, pieces, passages):
    """What the C must find of some passages: odds, pieces, passage."""
    lists = [pieces.of_passage(passage) for passage in passages]
    with open(path, "w", encoding="utf-8") as file:
        for passage, numbers, odds in zip(passages, lists, odds_of(model, lists)):
            print(f"{odds:.3f}", *numbers[:LONGEST], sep=" ", end=f"\t{passage}\n", file=file)


def words_of(path):
    """Of a file with a word and its meaning a line."""
    lines = open(path, encoding="utf-8").read().splitlines()
    return dict(line.split("\t") for line in lines)


def begun(directory, rules):
    """Pieces and model of the Universal Sentence Encoder Lite."""
    pieces = Pieces.of_vocabulary(pathlib.Path(directory, "vocab.json"))
    model = Encoder(len(pieces.spelling), len(rules))
    model.begin(directory)
    return pieces, model


def gone_on(path):
    """Pieces, rules and model of an encoder's file."""
    with open(path, "rb") as file:
        spelling, score, rules = encoder_file.read_names(file)
        model = Encoder(len(spelling), len(rules))
        encoder_file.read_weights(file, model)
    return Pieces(spelling, score), rules, model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("passages", help="what chaperone rules passages prints")
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--begin", metavar="DIR",
                       help="model.json and vocab.json of the Universal Sentence Encoder Lite")
    start.add_argument("--go-on", metavar="FILE", help="from an encoder, at half the rate")
    parser.add_argument("--words", metavar="FILE", help="words it shall know, and their meanings")
    parser.add_argument("--output", default="posts.encoder")
    parser.add_argument("--held", help="passages to report on, of posts that are not learned")
    parser.add_argument("--examples", help="passages, one a line, to test the C with")
    parser.add_argument("--epochs", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(1)
    random.seed(1)
    posts = read(options.passages)
    if options.go_on:
        pieces, rules, model = gone_on(options.go_on)
    else:
        rules = sorted({post["rule"] for post in posts if post["harm"]})
        pieces, model = begun(options.begin, rules)
    if options.words:
        model.add_pieces(pieces.add_words(words_of(options.words)))
    posts = cut(posts, pieces)
    train(model, posts, rules, openings(posts, pieces), options.epochs, 0.5 if options.go_on else 1)
    encoder_file.write(options.output, pieces, rules, model)
    pieces, rules, model = gone_on(options.output)  # its numbers rounded
    if options.held:
        report(model, cut(read(options.held), pieces))
    if options.examples:
        lines = open(options.examples, encoding="utf-8").read().splitlines()
        write_expected(options.examples + ".expected", model, pieces, lines)


if __name__ == "__main__":
    main()
