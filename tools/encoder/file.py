"""The encoder's file, as src/core/encoder.c reads it."""
import struct

import numpy
import torch

MAGIC, ORDER = b"CHENCOD1", 0x01020304


def _matrices(model):
    """Names of its tensors in the file's order: of a matrix, or of numbers as
    they are."""
    yield "waves", False
    yield "embedding", True
    for number, layer in enumerate(model.layers):
        parts = ["before_heads", "heads", "joined", "kept", "before_inner", "inner", "outer"]
        for part in parts:
            if getattr(layer, part) is not None:
                yield f"layers.{number}.{part}", not part.startswith("before")
    for name in ("pooled", "harm", "kinds"):
        yield name, True


def _floats(array):
    return numpy.ascontiguousarray(array, "<f4").tobytes()


def _cells(weight):
    """Each row as signed bytes and what they were divided by."""
    scale = numpy.abs(weight).max(1) / 127
    scale[scale == 0] = 1
    cells = numpy.rint(weight / scale[:, None]).astype("i1")
    return cells.tobytes() + _floats(scale)


def write(path, pieces, rules, model):
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    names = b"".join(name.encode() + b"\0" for name in pieces.spelling + rules)
    names += b"\0" * (-len(names) % 4)
    with open(path, "wb") as file:
        file.write(MAGIC + struct.pack("<IIII", ORDER, len(pieces.spelling), len(rules),
                                       len(names)) + names + _floats(pieces.score))
        for name, is_matrix in _matrices(model):
            if name in state:
                file.write(_floats(state[name]))
                continue
            weight = state[name + ".weight"]
            file.write(_cells(weight) if is_matrix else _floats(weight))
            if name + ".bias" in state:
                file.write(_floats(state[name + ".bias"]))


def read_names(file):
    """Spellings and scores of pieces, rules; file is behind them then."""
    assert file.read(len(MAGIC)) == MAGIC
    order, pieces, rules, length = struct.unpack("<IIII", file.read(16))
    assert order == ORDER
    names = [name.decode() for name in file.read(length).split(b"\0")]
    score = numpy.frombuffer(file.read(4 * pieces), "<f4").tolist()
    return names[:pieces], score, names[pieces:pieces + rules]


@torch.no_grad()
def read_weights(file, model):
    """Into a model of the sizes that read_names told."""
    state = model.state_dict()

    def read_floats(shape):
        data = numpy.frombuffer(file.read(4 * int(numpy.prod(shape))), "<f4")
        return torch.from_numpy(data.reshape(shape).copy())

    for name, is_matrix in _matrices(model):
        if name in state:
            state[name].copy_(read_floats(state[name].shape))
            continue
        weight = state[name + ".weight"]
        if is_matrix:
            cells = numpy.frombuffer(file.read(weight.numel()), "i1").reshape(weight.shape)
            weight.copy_(torch.from_numpy(cells.astype("f4")) *
                         read_floats((weight.shape[0], 1)))
        else:
            weight.copy_(read_floats(weight.shape))
        if name + ".bias" in state:
            state[name + ".bias"].copy_(read_floats(state[name + ".bias"].shape))
    assert not file.read(1)
