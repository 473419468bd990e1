"""The encoder's file, as src/core/encoder.c reads it."""
import struct

import numpy


def _floats(array):
    return numpy.ascontiguousarray(array, "<f4").tobytes()


def _matrix(weight, bias=None):
    """Each row as signed bytes and what they were divided by."""
    scale = numpy.abs(weight).max(1) / 127
    scale[scale == 0] = 1
    cells = numpy.rint(weight / scale[:, None]).astype("i1")
    return cells.tobytes() + _floats(scale) + (b"" if bias is None else _floats(bias))


def write(path, pieces, rules, model):
    numbers = {name: tensor.numpy() for name, tensor in model.state_dict().items()}

    def norm(name):
        return _floats(numbers[name + ".weight"]) + _floats(numbers[name + ".bias"])

    def matrix(name):
        return _matrix(numbers[name + ".weight"], numbers[name + ".bias"])

    names = b"".join(name.encode() + b"\0" for name in pieces.spelling + rules)
    names += b"\0" * (-len(names) % 4)
    with open(path, "wb") as file:
        file.write(b"CHENCOD1" + struct.pack("<IIII", 0x01020304, len(pieces.spelling),
                                             len(rules), len(names)) + names)
        file.write(_floats(pieces.score) + _floats(numbers["waves"]))
        file.write(_matrix(numbers["embedding.weight"]))
        for number in range(len(model.layers)):
            layer = f"layers.{number}."
            file.write(norm(layer + "before_heads") + matrix(layer + "heads") +
                       matrix(layer + "joined"))
            if model.layers[number].kept is not None:
                file.write(matrix(layer + "kept"))
            file.write(norm(layer + "before_inner") + matrix(layer + "inner") +
                       matrix(layer + "outer"))
        file.write(matrix("pooled") + matrix("harm") + matrix("kinds"))
