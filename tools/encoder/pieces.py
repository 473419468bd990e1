"""Words to pieces, as src/core/encoder_pieces.c cuts them."""
import json
import math
import re

BLANK = "\u2581"
# Control characters of passages (include/chaperone/passage.h) and their pieces.
MARKS = {"\x01": 3, "\x02": 4, "\x03": 5}
UNKNOWN = 0
UNKNOWN_SCORE = -25.0
# Pieces without a score in the file: they have a meaning of their own, or the
# file lost theirs.
SPECIAL = 6
SPECIAL_SCORE = -100.0
LOST_SCORE = -6.0


class Pieces:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            table = json.load(file)
        self.spelling = [spelling for spelling, _ in table]
        self.score = [SPECIAL_SCORE if number < SPECIAL else LOST_SCORE if score is None else score
                      for number, (_, score) in enumerate(table)]
        self.number = {}
        for number, spelling in enumerate(self.spelling):
            self.number.setdefault(spelling, number)
        self.longest = max(map(len, self.spelling))
        self.cut = {}

    def of_word(self, word):
        """The likeliest way to cut a word."""
        if word not in self.cut:
            self.cut[word] = self._cut(BLANK + word)
        return self.cut[word]

    def _cut(self, word):
        best = [0.0] + [-math.inf] * len(word)
        back = [None] * (len(word) + 1)
        for start in range(len(word)):
            self._reach(best, back, start, start + 1, UNKNOWN, UNKNOWN_SCORE)
            for end in range(start + 1, min(len(word), start + self.longest) + 1):
                number = self.number.get(word[start:end])
                if number is not None:
                    self._reach(best, back, start, end, number, self.score[number])
        pieces, at = [], len(word)
        while at > 0:
            at, number = back[at]
            pieces.append(number)
        return pieces[::-1]

    @staticmethod
    def _reach(best, back, start, end, number, score):
        if best[start] + score > best[end]:
            best[end] = best[start] + score
            back[end] = start, number

    def of_passage(self, passage):
        pieces = []
        for stretch in re.split("([\x01\x02\x03])", passage):
            if stretch in MARKS:
                pieces.append(MARKS[stretch])
            else:
                for word in stretch.split():
                    pieces += self.of_word(word)
        return pieces
