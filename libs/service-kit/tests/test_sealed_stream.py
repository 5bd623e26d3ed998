"""What is sealed in segments opens as it was, is what Tink seals and opens, and no segment can be moved, cut or mixed."""

import io
import os

import pytest
import tink
from forkant_kit.keyring import UnsealError
from forkant_kit.sealed_stream import SEGMENT, StreamOpener, StreamSealer, segments_of
from hypothesis import given, settings
from hypothesis import strategies as st
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

KEY, CONTEXT = b"k" * 32, b"attachment/1"
FIRST = SEGMENT - 16 - 40
OTHER = SEGMENT - 16
EDGES = [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + OTHER, FIRST + OTHER + 1, 3 * SEGMENT]


def sealed(plain: bytes, *, step: int = 300_000, context: bytes = CONTEXT) -> list[bytes]:
    sealer = StreamSealer(KEY, context=context)
    pieces = (plain[start : start + step] for start in range(0, len(plain), step))
    segments = [segment for piece in pieces for segment in sealer.add(piece)]
    return [*segments, sealer.end()]


def opened(segments: list[bytes], *, context: bytes = CONTEXT) -> bytes:
    opener = StreamOpener(KEY, context=context)
    last = len(segments) - 1
    return b"".join(opener.open(segment, last=place == last) for place, segment in enumerate(segments))


def of_tink() -> streaming_aead.StreamingAead:
    streaming_aead.register()
    params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(key_value=KEY, params=params).SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    key = tink_pb2.Keyset.Key(key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    keyset = tink_pb2.Keyset(primary_key_id=1, key=[key]).SerializeToString()
    handle = tink.proto_keyset_format.parse(keyset, secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


@pytest.mark.parametrize("size", EDGES)
def test_tink_opens_what_is_sealed_here_and_the_other_way_round(size: int):
    plain, peer = os.urandom(size), of_tink()
    with peer.new_decrypting_stream(io.BytesIO(b"".join(sealed(plain))), CONTEXT) as stream:
        assert stream.read() == plain
    whole = io.BytesIO()
    whole.close = lambda: None  # type: ignore[method-assign]
    with peer.new_encrypting_stream(whole, CONTEXT) as stream:
        stream.write(plain)
    theirs = whole.getvalue()
    assert opened([theirs[start : start + SEGMENT] for start in range(0, len(theirs), SEGMENT)]) == plain


@settings(max_examples=25, deadline=None)
@given(size=st.one_of(st.sampled_from(EDGES), st.integers(0, 3 * SEGMENT)), step=st.integers(1000, 2 * SEGMENT))
def test_a_stream_opens_as_it_was_however_it_came(size: int, step: int):
    plain = bytes(size)
    segments = sealed(plain, step=step)
    assert opened(segments) == plain
    assert len(segments) == segments_of(size)
    assert all(len(segment) == SEGMENT for segment in segments[:-1])


FULL = os.urandom(FIRST + OTHER + 10)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda s: s[:-1], id="the last is cut off"),
        pytest.param(lambda s: s[:1], id="all but the first are cut off"),
        pytest.param(lambda s: [s[0], s[2]], id="one is left out"),
        pytest.param(lambda s: [s[0], s[1], s[1], s[2]], id="one is doubled"),
        pytest.param(lambda s: [s[0], s[2], s[1]], id="two change places"),
        pytest.param(lambda s: [*s, s[2]], id="one is added"),
        pytest.param(lambda s: [s[0], sealed(FULL)[1], s[2]], id="one is of another stream of the same key"),
        pytest.param(lambda s: [s[0], s[1], s[2][:-1]], id="a byte is cut off"),
        pytest.param(lambda s: [s[0], s[1][:-1] + bytes([s[1][-1] ^ 1]), s[2]], id="a bit is turned"),
        pytest.param(lambda s: [bytes([s[0][0] ^ 1]) + s[0][1:], s[1], s[2]], id="the form is another"),
        pytest.param(lambda s: [s[0][:1] + bytes([s[0][1] ^ 1]) + s[0][2:], s[1], s[2]], id="the salt is another"),
        pytest.param(lambda _: [b""], id="nothing is left"),
    ],
)
def test_no_segment_can_be_changed_cut_off_left_out_moved_or_mixed(harm):
    segments = sealed(FULL)
    assert opened(segments) == FULL
    with pytest.raises(UnsealError):
        opened(harm(segments))


def test_a_stream_opens_in_its_own_context_alone():
    with pytest.raises(UnsealError):
        opened(sealed(b"x"), context=b"attachment/2")


def test_the_same_plain_text_is_never_sealed_the_same_way_twice():
    assert sealed(b"x")[0][40:] != sealed(b"x")[0][40:]
