import hashlib
import os
import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdmath.sealed import SealedFormat, write_whole

LETTER = SealedFormat("letter", b"\x89LETTER\n", 3, ("to", "pages"), largest_header=64, largest_payload=1000)
HEADER = {"to": "Gauß", "pages": 2}


def sealed(text, payload=b"", version=3, size=None):
    """What somebody makes who knows the format, hash and all."""
    size = len(text) if size is None else size
    body = struct.pack("<8sII", LETTER.marker, version, size) + text + payload
    return body + hashlib.sha256(body).digest()


@given(st.text(max_size=3), st.integers(-999, 999), st.binary(max_size=50))
def test_header_and_payload_come_back(to, pages, payload):
    header, found = LETTER.open(LETTER.seal({"pages": pages, "to": to}, payload[:7], payload[7:]))
    assert header == {"to": to, "pages": pages}
    assert found == payload


def test_the_format_is_the_one_that_is_described():
    text = b'{"pages":2,"to":"Gau\\u00df"}'
    assert LETTER.seal(HEADER, b"page") == sealed(text, b"page")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a letter file: it starts with b''"),
        (sealed(b"{}")[:47], "not a letter file"),
        (sealed(b"{}", version=2), "got format version 2; allowed 3, read it with the release that wrote it"),
        (sealed(b"{}" + b" " * 63), "got a header of 65 bytes; allowed 64"),
        (sealed(b"{}", size=3), "got a header of 3 bytes; allowed what is left of 18"),
        (sealed(b"{"), "its header is not JSON"),
        (sealed(b'{"to":NaN,"pages":1}'), "its header is not JSON"),
        (sealed(b"[" * 64), "its header is not JSON"),
        (sealed(b"[]"), "its header has other entries than to, pages"),
        (sealed(b'{"to":1}'), "its header has other entries than to, pages"),
        (LETTER.seal(HEADER)[:-1], "its sha256 does not match"),
        (LETTER.seal(HEADER) + b"\0", "its sha256 does not match"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_reason(content, reason):
    with pytest.raises(ValueError, match=reason):
        LETTER.open(content)


def test_any_flipped_bit_is_found():
    content = LETTER.seal(HEADER, b"page")
    for bit in range(8 * len(content)):
        altered = bytearray(content)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match=r"letter file|version|header|sha256"):
            LETTER.open(bytes(altered))


def test_numbers_that_json_does_not_know_are_not_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        LETTER.seal({"to": float("nan"), "pages": 1})


def test_what_could_not_be_read_again_is_not_written():
    with pytest.raises(ValueError, match="got a header of 121 bytes; allowed 64 in a letter file"):
        LETTER.seal({"to": "a" * 102, "pages": 1})
    with pytest.raises(ValueError, match="got a payload of 1001 bytes; allowed 1000 in a letter file"):
        LETTER.seal(HEADER, bytes(1000), b"1")


def test_opening_copies_nothing():
    large = SealedFormat("letter", LETTER.marker, 3, LETTER.entries, 64, 20_000_000)
    content = large.seal(HEADER, bytes(20_000_000))
    tracemalloc.start()
    try:
        large.open(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000


def test_a_file_is_read_up_to_its_largest_size(tmp_path):
    path = tmp_path / "letter"
    largest = 16 + 64 + 1000 + 32
    write_whole(path, bytes(largest))
    assert LETTER.read(path) == bytes(largest)
    write_whole(path, bytes(largest + 1))
    with pytest.raises(ValueError, match=f"got {largest + 1} bytes; allowed {largest}"):
        LETTER.read(path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    class Growing(type(tmp_path)):
        def stat(self, **words):
            status = super().stat(**words)
            self.write_bytes(bytes(status.st_size + 1))
            return status

    path = Growing(tmp_path / "letter")
    path.write_bytes(bytes(50))
    with pytest.raises(ValueError, match="it grew while it was read"):
        LETTER.read(path)


def test_a_file_is_written_where_no_folder_can_be_opened(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "O_DIRECTORY")
    write_whole(tmp_path / "letter", b"text")
    assert (tmp_path / "letter").read_bytes() == b"text"
