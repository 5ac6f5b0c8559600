"""Harm to files: cut, flipped, foreign, and well-formed lies under a hash that fits."""

from __future__ import annotations

import hashlib
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

FILE_HARM: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "flipped": lambda path: path.write_bytes(path.read_bytes()[:-9] + b"!" + path.read_bytes()[-8:]),
    "foreign": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "gone": lambda path: path.unlink(),
}


class Sealed(NamedTuple):
    """A sealed file in its parts, for somebody who knows the format, hash and all."""

    kind: bytes
    header: bytes
    payload: bytes

    @classmethod
    def of(cls, content: bytes) -> Sealed:
        size = struct.unpack_from("<I", content, 12)[0]
        return cls(content[:12], content[16 : 16 + size], content[16 + size : -32])

    def content(self) -> bytes:
        return hashed(self.kind + struct.pack("<I", len(self.header)) + self.header + self.payload)


def hashed(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


def resealed(content: bytes, old: bytes, new: bytes) -> bytes:
    """A file whose header says something else, under a hash that fits."""
    sealed = Sealed.of(content)
    assert old in sealed.header
    return sealed._replace(header=sealed.header.replace(old, new, 1)).content()


STORY_HARM: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[:-40],
    "added to": lambda content: content + b"\0",
    "flipped": lambda content: content[:500] + bytes([content[500] ^ 4]) + content[501:],
    "html": lambda content: b"<!doctype html><title>404</title>" * 10,
    "pickle": lambda content: pickle.dumps({"settings": os.system}),
    "zip": lambda content: b"PK\x03\x04" + content,
    "later version": lambda content: content[:8] + struct.pack("<I", 4) + content[12:],
    "endless header": lambda content: hashed(content[:12] + b"\xff\xff\xff\x7f" + content[16:-32]),
    "terabytes": lambda content: resealed(content, b'"sizes":[100,', b'"sizes":[100000000000,'),
    "negative size": lambda content: resealed(content, b'"sizes":[100,', b'"sizes":[-100,'),
    "size that is true": lambda content: resealed(content, b'"sizes":[100,', b'"sizes":[true,'),
    "other sizes": lambda content: resealed(content, b'"sizes":[100,100,', b'"sizes":[99,101,'),
    "other entries": lambda content: resealed(content, b'"lecture"', b'"lectern"'),
    "nan": lambda content: resealed(content, b'"learning_rate":0.1', b'"learning_rate":NaN'),
    "text for a number": lambda content: resealed(content, b'"learning_rate":0.1', b'"learning_rate":"x"'),
    "nested": lambda content: resealed(content, b'"tiny"', b"[" * 20_000 + b"]" * 20_000),
    "unknown reduction": lambda content: resealed(content, b'"reduction":"mean"', b'"reduction":"most"'),
}
"""To the story of the tiny lecture on chapter-2."""

STORY_LIES = {
    "a name that is a number": (b'"x_name":"x"', b'"x_name":3'),
    "a name that turns the line around": (b'"x_name":"x"', b'"x_name":"\\u202e"'),
    "steps without end": (b'"n_steps":1000,', b'"n_steps":1e308,'),
    "a bias that is a word": (b'"fit_bias":true', b'"fit_bias":"no"'),
    "a rate that is true": (b'rate":0.1,"learning_rates"', b'rate":true,"learning_rates"'),
    "a rate beyond float64": (
        b'"learning_rate":0.1,"learning_rates"',
        b'"learning_rate":1' + b"0" * 400 + b',"learning_rates"',
    ),
    "a start beyond float64": (b'"start":[', b'"start":[1' + b"0" * 400 + b","),
    "a start that is none": (b'"start":[', b'"start":[{},'),
    "a frame of words": (b'"frame":null', b'"frame":["a",1,0,1]'),
}
"""What its header says, and what is said instead: of the right form, and of no dataset."""
