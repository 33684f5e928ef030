"""The cases, by what of RFC 6455 and RFC 7692 they are about. Each is one connection to a client that echoes messages."""

from dataclasses import dataclass, field

from frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close, frame


@dataclass
class Case:
    name: str
    # Sent in this order; a number waits for so many frames of the client first.
    send: list = field(default_factory=list)
    # What must come back: (opcode, payload), in this order.
    expect: list = field(default_factory=list)
    # The client must fail the connection, with one of these codes if with any.
    fails: tuple = ()
    # The client answers a close of ours with one of these codes; None: without one.
    answer: tuple = (1000,)
    chop: int = 0  # bytes of one write; 0: all at once
    deflate: str | None = None  # parameters that the server agrees to; None: no compression
    messages: list = field(default_factory=list)  # of deflate: (opcode, payload), each awaited


def echo(name, *messages, chop=0):
    sent, expected = [], []
    for number, (opcode, payload) in enumerate(messages):
        sent += [frame(opcode, payload), number + 1]
        expected.append((opcode, payload))
    return Case(name, sent + [close()], expected, chop=chop)


def fails(name, *parts, expect=(), codes=(1002,), chop=0):
    return Case(name, list(parts), list(expect), fails=codes, chop=chop)


def framing():
    for opcode, what in ((TEXT, "text"), (BINARY, "binary")):
        for size in (0, 1, 125, 126, 127, 128, 65535, 65536):
            yield echo(f"1 {what} of {size}", (opcode, b"*" * size))
        yield echo(f"1 {what} of 65536, in writes of 997", (opcode, b"*" * 65536), chop=997)
    yield fails("1 a length of 16 bits where 7 were enough", b"\x81\x7e\x00\x05hello")
    yield fails("1 a length with its highest bit set", b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", codes=(1002, 1009))
    yield fails("1 a masked frame", b"\x81\x85\x01\x02\x03\x04" + bytes(a ^ b for a, b in zip(b"hello", b"\1\2\3\4\1")))


def pings():
    for payload in (b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125):
        yield Case(f"2 a ping of {len(payload)}", [frame(PING, payload), 1, close()], [(PONG, payload)])
    yield Case("2 a ping of 125, byte by byte", [frame(PING, b"\xfe" * 125), 1, close()], [(PONG, b"\xfe" * 125)], chop=1)
    yield fails("2 a ping of 126", frame(PING, b"\xfe" * 126))
    yield fails("2 a pong of 126", frame(PONG, b"\xfe" * 126))
    yield Case("2 a pong nobody asked for", [frame(PONG), close()])
    yield Case("2 a pong with payload nobody asked for", [frame(PONG, b"unsolicited"), close()])
    yield Case("2 a pong nobody asked for, then a ping", [frame(PONG, b"x"), frame(PING, b"ping"), 1, close()], [(PONG, b"ping")])
    ten = [frame(PING, b"payload-%d" % i) for i in range(10)]
    pongs = [(PONG, b"payload-%d" % i) for i in range(10)]
    yield Case("2 ten pings", [b"".join(ten), 10, close()], pongs)
    yield Case("2 ten pings, byte by byte", [b"".join(ten), 10, close()], pongs, chop=1)


def reserved():
    hello = (TEXT, b"Hello")
    for rsv in range(1, 8):
        yield fails(f"3 RSV {rsv} of a text", frame(TEXT, b"Hello", rsv=rsv))
        yield fails(f"3 RSV {rsv} behind a good text", frame(*hello) + frame(TEXT, b"Hello", rsv=rsv) + frame(PING), expect=[hello])
        yield fails(f"3 RSV {rsv} behind a good text, byte by byte", frame(*hello) + frame(BINARY, b"\xff", rsv=rsv), expect=[hello], chop=1)
        yield fails(f"3 RSV {rsv} of a ping", frame(PING, b"x", rsv=rsv))
        yield fails(f"3 RSV {rsv} of a close", frame(CLOSE, b"", rsv=rsv))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield fails(f"4 opcode {opcode}", frame(opcode))
        yield fails(f"4 opcode {opcode} with payload", frame(opcode, b"reserved"))
        yield fails(f"4 opcode {opcode} behind a good text", frame(*hello) + frame(opcode, b"x") + frame(PING), expect=[hello])


def fragments():
    def of(*parts, opcode=TEXT):
        last = len(parts) - 1
        return [frame(opcode if i == 0 else CONTINUATION, part, fin=i == last) for i, part in enumerate(parts)]

    yield fails("5 a ping in fragments", frame(PING, b"a", fin=False) + frame(CONTINUATION, b"b"))
    yield fails("5 a pong in fragments", frame(PONG, b"a", fin=False) + frame(CONTINUATION, b"b"))
    yield fails("5 a close in fragments", frame(CLOSE, b"\x03\xe8", fin=False) + frame(CONTINUATION, b"b"))
    two = of(b"fragment1", b"fragment2")
    for chop in (0, 1):
        how = ", byte by byte" if chop else ""
        yield Case(f"5 a text of two{how}", [b"".join(two), 1, close()], [(TEXT, b"fragment1fragment2")], chop=chop)
        yield Case(f"5 a ping between two{how}", [two[0] + frame(PING, b"p") + two[1], 2, close()],
                   [(PONG, b"p"), (TEXT, b"fragment1fragment2")], chop=chop)
        many = b"".join(of(*[b"f%d" % i for i in range(5)]))
        yield Case(f"5 a binary of five{how}", [b"\x02" + many[1:], 1, close()], [(BINARY, b"f0f1f2f3f4")], chop=chop)
        yield fails(f"5 a continuation of nothing{how}", frame(CONTINUATION, b"x") + frame(TEXT, b"hello"), chop=chop)
        yield fails(f"5 a continuation of nothing, not the last{how}", frame(CONTINUATION, b"x", fin=False) + frame(TEXT, b"hello"), chop=chop)
        yield fails(f"5 a continuation behind a message{how}", frame(TEXT, b"a") + frame(CONTINUATION, b"b"), expect=[(TEXT, b"a")], chop=chop)
        yield fails(f"5 a text within a text{how}", two[0] + frame(TEXT, b"x"), chop=chop)
        yield fails(f"5 a binary within a text{how}", two[0] + frame(BINARY, b"x"), chop=chop)
    yield Case("5 empty fragments", [b"".join(of(b"", b"", b"")), 1, close()], [(TEXT, b"")])
    yield Case("5 an empty one in the middle", [b"".join(of(b"a", b"", b"b")), 1, close()], [(TEXT, b"ab")])
    yield Case("5 pings between fragments", [b"".join(part + frame(PING, b"%d" % i) for i, part in enumerate(of(b"a", b"b", b"c")[:-1]))
                                             + frame(CONTINUATION, b"c"), 3, close()],
               [(PONG, b"0"), (PONG, b"1"), (TEXT, b"abc")])
    yield Case("5 a close within a message", [two[0] + close()])


GOOD = ["", "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\x00", "\x7f", "\x80", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff",
        "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\ufeff", "\U0001f600" * 20] + [
    chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF)]
BAD = [b"\x80", b"\xbf", b"\x80\xbf\x80", b"\xc0", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3\x28", b"\xe0\x80\x80", b"\xe0\x9f\xbf",
       b"\xe2\x82", b"\xe2\x28\xa1", b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbe\x80",
       b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x98", b"\xf0\x28\x8c\xbc",
       b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xf8\x88\x80\x80\x80", b"\xfb\xbf\xbf\xbf\xbf",
       b"\xfc\x84\x80\x80\x80\x80", b"\xfd\xbf\xbf\xbf\xbf\xbf", b"\xfe", b"\xff", b"\xfe\xfe\xff\xff",
       b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"]


def texts():
    for text in GOOD:
        payload = text.encode()
        name = ascii(text if len(text) < 8 else text[:8] + "...")
        yield echo(f"6 {name}", (TEXT, payload))
        split = b"".join(frame(TEXT if i == 0 else CONTINUATION, payload[i:i + 1], fin=i == len(payload) - 1) for i in range(len(payload)))
        if payload:
            yield Case(f"6 {name}, a fragment each byte", [split, 1, close()], [(TEXT, payload)])
    for bad in BAD:
        yield fails(f"6 {bad!r}", frame(TEXT, bad), codes=(1007,))
        yield fails(f"6 {bad!r} behind good text, a fragment each byte",
                    b"".join(frame(TEXT if i == 0 else CONTINUATION, bytes([c]), fin=False) for i, c in enumerate(b"ok " + bad))
                    + frame(CONTINUATION, b"!"), codes=(1007,))
    for bad in (b"\xf4\x90", b"\xed\xa0\x80", b"\xff", b"\xc0\x80"):
        # Nothing more is sent: it must not wait for the end of the message, nor of the frame.
        yield fails(f"6 {bad!r} in a first fragment fails at once", frame(TEXT, b"ok" + bad, fin=False), codes=(1007,))
        whole = frame(TEXT, b"ok" + bad + b"more")
        yield fails(f"6 {bad!r} in a frame fails at once", whole[:-4], codes=(1007,))


def closes():
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999):
        yield Case(f"7 close {code}", [close(code)], answer=(code,))
    # Registered after RFC 6455. Beast 1.81 does not know it and answers 1002; the engine reports what was sent.
    yield Case("7 close 1014", [close(1014)], answer=(1014, 1002))
    yield Case("7 close without a code", [close(None)], answer=(None, 1000))
    yield Case("7 close with a reason of 123", [close(1000, b"*" * 123)])
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
        yield fails(f"7 close {code}", close(code))
    yield fails("7 close with a payload of 1", frame(CLOSE, b"\x03"))
    yield fails("7 close with a reason of 124", close(1000, b"*" * 124))
    yield fails("7 close with a reason that is no UTF-8", close(1000, b"\xed\xa0\x80"), codes=(1002, 1007))
    yield Case("7 a text behind a close", [close() + frame(TEXT, b"late")])
    yield Case("7 a ping behind a close", [close() + frame(PING, b"late")])
    yield Case("7 two closes", [close() + close()])
    yield Case("7 a text, then a close", [frame(TEXT, b"first") + close()], [(TEXT, b"first")])


def sizes():
    for megabytes in (1, 4, 8, 16):
        for opcode, what in ((TEXT, "text"), (BINARY, "binary")):
            yield echo(f"9 {what} of {megabytes} MiB", (opcode, b"*" * (megabytes << 20)))
    for part in (64, 256, 1024, 65536, 1 << 20):
        payload = b"*" * (1 << 20)
        parts = [payload[i:i + part] for i in range(0, len(payload), part)]
        yield Case(f"9 binary of 1 MiB in fragments of {part}",
                   [b"".join(frame(BINARY if i == 0 else CONTINUATION, p, fin=i == len(parts) - 1) for i, p in enumerate(parts)), 1, close()],
                   [(BINARY, payload)])
    yield echo("9 text of 1 MiB, in writes of 1024", (TEXT, b"*" * (1 << 20)), chop=1024)
    yield echo("9 a thousand texts", *[(TEXT, b"%d" % i * 16) for i in range(1000)])


def compressed():
    contents = [b"", b"a", b"abc" * 1000, bytes(range(256)) * 64]
    for parameters in ("", "server_no_context_takeover", "client_no_context_takeover",
                       "server_no_context_takeover; client_no_context_takeover", "server_max_window_bits=9",
                       "server_max_window_bits=12", "server_max_window_bits=15", "client_max_window_bits=9",
                       "client_max_window_bits=12", "client_max_window_bits=15",
                       "server_max_window_bits=9; client_max_window_bits=9; client_no_context_takeover"):
        for size in (0, 1, 64, 1024, 16384, 131072):
            messages = [(BINARY if n % 2 else TEXT, (b'{"n": %d, "text": "some json"}, ' % n * 5000)[:size]) for n in range(20)]
            yield Case(f"12 {parameters or 'no parameters'}: twenty of {size}", deflate=parameters, messages=messages)
        yield Case(f"12 {parameters or 'no parameters'}: mixed", deflate=parameters, messages=[(BINARY, c) for c in contents * 3])


def all_cases() -> list[Case]:
    return [case for part in (framing, pings, reserved, fragments, texts, closes, sizes, compressed) for case in part()]
