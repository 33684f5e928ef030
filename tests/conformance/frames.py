"""Frames of RFC 6455, built and read byte by byte: a conformance server must be able to write what is wrong."""

import base64
import hashlib
import struct
import zlib

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0) -> bytes:
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if len(payload) < 126:
        head += bytes([len(payload)])
    elif len(payload) < 65536:
        head += bytes([126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([127]) + struct.pack("!Q", len(payload))
    return head + payload


def close(code: int | None = 1000, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def accept_value(key: str) -> str:
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def unmask(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    stream = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(payload, "big") ^ stream).to_bytes(size, "big")


class Deflater:
    """One direction of permessage-deflate (RFC 7692)."""

    def __init__(self, window_bits: int = 15, takeover: bool = True):
        self.window_bits, self.takeover = window_bits, takeover
        self.packer = self.unpacker = None

    def pack(self, payload: bytes) -> bytes:
        if self.packer is None or not self.takeover:
            self.packer = zlib.compressobj(wbits=-self.window_bits)
        return (self.packer.compress(payload) + self.packer.flush(zlib.Z_SYNC_FLUSH))[:-4]

    def unpack(self, payload: bytes) -> bytes:
        if self.unpacker is None or not self.takeover:
            self.unpacker = zlib.decompressobj(wbits=-self.window_bits)
        return self.unpacker.decompress(payload + b"\x00\x00\xff\xff")


class Peer:
    """What comes from the client, frame by frame."""

    def __init__(self, reader):
        self.reader = reader

    async def read(self) -> tuple[int, bool, int, bytes]:
        """(opcode, FIN, RSV, payload). Raises EOFError at the end, ValueError for what a client may never send."""
        first, second = await self.reader.readexactly(2)
        if not second & 0x80:
            raise ValueError("a frame without a mask")
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        mask = await self.reader.readexactly(4)
        payload = unmask(await self.reader.readexactly(size), mask)
        opcode = first & 0x0F
        if opcode >= 8 and (size > 125 or not first & 0x80):
            raise ValueError("a control frame that is too long or in fragments")
        return opcode, bool(first & 0x80), first >> 4 & 7, payload
