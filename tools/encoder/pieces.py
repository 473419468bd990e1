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
# Of a word that is added whole: more than its parts have together.
WHOLE_SCORE = -11.0


class Pieces:
    def __init__(self, spelling, score):
        self.spelling, self.score = list(spelling), list(score)
        self._index()

    @classmethod
    def of_vocabulary(cls, path):
        """vocab.json of the Universal Sentence Encoder Lite."""
        with open(path, encoding="utf-8") as file:
            table = json.load(file)
        score = [SPECIAL_SCORE if number < SPECIAL else LOST_SCORE if score is None else score
                 for number, (_, score) in enumerate(table)]
        return cls([spelling for spelling, _ in table], score)

    def _index(self):
        self.number = {}
        for number, spelling in enumerate(self.spelling):
            self.number.setdefault(spelling, number)
        self.longest = max(map(len, self.spelling))
        self.cut = {}

    def add_words(self, meanings):
        """Words that are cut so far, as pieces of their own; for each, in
        order, the pieces of what it means."""
        new = {word: self.of_passage(meaning) for word, meaning in meanings.items()
               if len(self.of_word(word)) > 1}
        self.spelling += [BLANK + word for word in new]
        self.score += [WHOLE_SCORE] * len(new)
        self._index()
        return list(new.values())

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
