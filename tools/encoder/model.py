"""The encoder in PyTorch: src/core/encoder_read.c computes the same."""
import json
import pathlib

import numpy
import torch
from torch import nn
from torch.nn import functional as F

EMBED, WIDTH, INNER, HEADS = 256, 512, 1536, 4


class Layer(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size
        self.before_heads = nn.LayerNorm(size, eps=1e-6)
        self.heads = nn.Linear(size, 3 * size)
        self.joined = nn.Linear(size, WIDTH)
        self.kept = nn.Linear(size, WIDTH) if size != WIDTH else None
        self.before_inner = nn.LayerNorm(WIDTH, eps=1e-6)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)

    def forward(self, x, hidden, drop):
        posts, pieces, _ = x.shape
        size = self.size // HEADS
        query, key, value = [
            part.view(posts, pieces, HEADS, size).transpose(1, 2)
            for part in self.heads(self.before_heads(x)).split(self.size, -1)]
        shares = F.softmax(query @ key.transpose(-1, -2) * size ** -0.5 + hidden, -1)
        shares = F.dropout(shares, drop, self.training)
        seen = (shares @ value).transpose(1, 2).reshape(posts, pieces, self.size)
        kept = x if self.kept is None else self.kept(x)
        x = kept + F.dropout(self.joined(seen), drop, self.training)
        inner = F.dropout(F.relu(self.inner(self.before_inner(x))), drop, self.training)
        return x + F.dropout(self.outer(inner), drop, self.training)


class Encoder(nn.Module):
    """pieces: numbers, -1 behind the end of a shorter passage."""

    def __init__(self, pieces, rules):
        super().__init__()
        self.embedding = nn.Embedding(pieces, EMBED)
        self.layers = nn.ModuleList([Layer(EMBED), Layer(WIDTH)])
        self.pooled = nn.Linear(WIDTH, WIDTH)
        self.harm = nn.Linear(2 * WIDTH, 1)
        self.kinds = nn.Linear(2 * WIDTH, rules)
        self.register_buffer("waves", torch.zeros(EMBED // 2))

    def forward(self, pieces, drop=0.0):
        there = pieces >= 0
        x = F.dropout(self.embedding(pieces.clamp(min=0)), drop, self.training)
        place = torch.arange(pieces.shape[1], dtype=torch.float)[:, None] * self.waves
        x = 2 * x + torch.cat([place.sin(), place.cos()], -1)
        hidden = (~there).float()[:, None, None, :] * -1e9
        for layer in self.layers:
            x = layer(x, hidden, drop)
        weight = there.float()[:, :, None]
        mean = (x * weight).sum(1) / weight.sum(1)
        most = x.masked_fill(~there[:, :, None], -1e9).max(1)[0]
        pooled = torch.cat([torch.tanh(self.pooled(mean)), torch.tanh(most / 4)], -1)
        pooled = F.dropout(pooled, drop, self.training)
        return self.harm(pooled)[:, 0], self.kinds(pooled)

    @torch.no_grad()
    def add_pieces(self, meanings):
        """A new piece for each list of pieces, to mean the same."""
        known = self.embedding.weight
        new = [known[torch.tensor(meaning)].mean(0, keepdim=True) for meaning in meanings]
        self.embedding = nn.Embedding.from_pretrained(torch.cat([known, *new]), freeze=False)

    @torch.no_grad()
    def begin(self, directory):
        """Takes the weights of the Universal Sentence Encoder Lite."""
        tensors = _tensors(pathlib.Path(directory))

        def find(*parts):
            names = [name for name in tensors if all(part in name for part in parts)]
            assert len(names) == 1, (parts, names)
            return torch.from_numpy(tensors[names[0]].copy())

        self.embedding.weight.copy_(find("Embeddings_en")[:self.embedding.num_embeddings])
        self.waves.copy_(find("TimingSignal/ExpandDims_1").view(-1))
        for number, layer in enumerate(self.layers):
            place = f"Layer_{number}/TransformerLayer"
            for name in tensors:
                if place in name and "layer_norm_scale" in name:
                    norm = layer.before_inner if "FFN" in name else layer.before_heads
                    norm.weight.copy_(torch.from_numpy(tensors[name].copy()))
                    norm.bias.copy_(torch.from_numpy(tensors[name.replace("scale", "bias")].copy()))
            linear = {"heads": "qkv_transform_single", "joined": "output_transform_single"}
            for ours, theirs in linear.items():
                getattr(layer, ours).weight.copy_(find(place, theirs + "/kernel")[0, 0].T)
                getattr(layer, ours).bias.copy_(find(place, theirs + "/bias"))
            for ours, theirs in {"inner": "conv1", "outer": "conv2"}.items():
                getattr(layer, ours).weight.copy_(find(place, theirs + "/Tensordot/Reshape_1").T)
                getattr(layer, ours).bias.copy_(find(place, theirs + "/bias"))
            if layer.kept is not None:
                layer.kept.weight.copy_(find(place, "dense/kernel").T)
                layer.kept.bias.copy_(find(place, "dense/bias"))
        self.pooled.weight.copy_(find("tanh_layer_0/weights").T)
        self.pooled.bias.copy_(find("tanh_layer_0/bias"))


def _tensors(directory):
    tensors = {}
    for group in json.loads((directory / "model.json").read_text())["weightsManifest"]:
        data, at = b"".join((directory / path).read_bytes() for path in group["paths"]), 0
        for weight in group["weights"]:
            count = int(numpy.prod(weight["shape"], dtype=int))
            tensors[weight["name"]] = numpy.frombuffer(
                data, weight["dtype"], count, at).reshape(weight["shape"])
            at += 4 * count
    return tensors
