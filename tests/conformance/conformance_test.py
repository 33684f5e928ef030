"""Serves every case of cases.py to the client under test and judges what it does. Prints each that it does not pass.

usage: conformance_test.py PROGRAM [-v] [PART OF A NAME]
"""

import asyncio
import struct
import sys

from cases import Case, all_cases
from frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Deflater, Peer, accept_value, close, frame

LIMIT = 30  # seconds for a step; what fails takes them, what passes does not
PARAMETERS = ("server_max_window_bits", "client_max_window_bits")


class Broken(Exception):
    """What the client did that it may not."""


class Client:
    """One connection. Frames are read by a task of their own, so that large ones never block what is being sent."""

    def __init__(self, reader, writer):
        self.peer, self.writer = Peer(reader), writer
        self.got: list[tuple[int, bytes]] = []
        self.closed: int | None | bool = False  # False: no close frame; else its code
        self.error: str | None = None
        self.changed = asyncio.Condition()
        self.ended = False
        self.inflate: Deflater | None = None

    async def listen(self):
        message, opcode, packed = b"", 0, False
        try:
            while True:
                kind, fin, rsv, payload = await self.peer.read()
                if rsv & (3 if self.inflate else 7) or (rsv and kind >= 8):
                    raise ValueError(f"RSV {rsv}")
                if self.closed is not False:
                    raise ValueError("a frame behind its close")
                if kind == CLOSE:
                    self.closed = struct.unpack("!H", payload[:2])[0] if payload else None
                elif kind in (PING, PONG):
                    self.got.append((kind, payload))
                else:
                    if kind != CONTINUATION:
                        message, opcode, packed = b"", kind, bool(rsv)
                    message += payload
                    if fin:
                        self.got.append((opcode, self.inflate.unpack(message) if packed else message))
                await self.notify()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except Exception as problem:  # what no client may send
            self.error = str(problem)
        self.ended = True
        await self.notify()

    async def notify(self):
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition, what: str):
        async with self.changed:
            try:
                await asyncio.wait_for(self.changed.wait_for(lambda: condition() or self.error), LIMIT)
            except asyncio.TimeoutError:
                raise Broken(f"{what} did not come; it sent {short(self.got)}, close {self.closed}") from None
        if self.error:
            raise Broken(self.error)

    async def send(self, data: bytes, chop: int):
        try:
            for i in range(0, len(data), chop or max(len(data), 1)):
                self.writer.write(data[i:i + (chop or len(data))])
                await self.writer.drain()
                if chop:
                    await asyncio.sleep(0)
        except ConnectionError:
            pass  # judged by what it sent before


def short(frames) -> str:
    return str([(opcode, payload[:16] + (b"..." if len(payload) > 16 else b"")) for opcode, payload in frames[:5]])


async def run_compressed(case: Case, client: Client):
    agreed = dict(part.strip().partition("=")[::2] for part in case.deflate.split(";") if part.strip())
    ours = Deflater(int(agreed.get(PARAMETERS[0], 15)), "server_no_context_takeover" not in agreed)
    client.inflate = Deflater(int(agreed.get(PARAMETERS[1], 15)), "client_no_context_takeover" not in agreed)
    for number, (opcode, payload) in enumerate(case.messages):
        await client.send(frame(opcode, ours.pack(payload), rsv=4), 0)
        await client.until(lambda: len(client.got) > number or client.ended, f"echo {number}")
        if len(client.got) <= number or client.got[number] != (opcode, payload):
            raise Broken(f"echo {number} is not what was sent")
    await client.send(close(), 0)


async def run(case: Case, client: Client):
    listening = asyncio.create_task(client.listen())
    try:
        if case.deflate is not None:
            await run_compressed(case, client)
        for part in case.send:
            if isinstance(part, int):
                await client.until(lambda: len(client.got) >= part or client.ended, f"frame {part}")
            else:
                await client.send(part, case.chop)
        expected = case.messages if case.deflate is not None else case.expect
        if case.fails:
            await client.until(lambda: client.ended, "the end of the connection")
            if client.closed not in (False, *case.fails):
                raise Broken(f"it closed with {client.closed}, expected one of {case.fails}")
        else:
            await client.until(lambda: client.closed is not False or client.ended, "its close")
            if client.closed is False or client.closed not in case.answer:
                raise Broken(f"its close: expected one of {case.answer}, found {client.closed}")
        if client.got != expected:
            raise Broken(f"expected {short(expected)}, found {short(client.got)}")
    finally:
        listening.cancel()


class Server:
    def __init__(self, cases: list[Case]):
        self.cases = cases
        self.verdicts: dict[int, str] = {}
        self.coded = 0  # failed connections that were closed with a code
        self.done = asyncio.Event()

    async def serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        key = next(line.split(":")[1].strip() for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key:"))
        number = int(path.partition("case=")[2].partition("&")[0] or 0)
        case = self.cases[number - 1] if number else None
        answer = f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept_value(key)}\r\n"
        if case and case.deflate is not None:
            answer += "Sec-WebSocket-Extensions: " + "; ".join(["permessage-deflate"] + ([case.deflate] if case.deflate else [])) + "\r\n"
        writer.write(answer.encode() + b"\r\n")
        if path.startswith("/getCaseCount"):
            writer.write(frame(TEXT, str(len(self.cases)).encode()) + close())
        elif case is None:
            writer.write(close())
            self.done.set()
        else:
            client = Client(reader, writer)
            try:
                await run(case, client)
                self.verdicts[number] = ""
                self.coded += bool(case.fails) and client.closed is not False
                if case.fails and client.closed is False and "-v" in sys.argv:
                    print(f"no code: {case.name}")
            except Broken as problem:
                self.verdicts[number] = str(problem)
        try:
            await writer.drain()
            writer.close()
        except ConnectionError:
            pass


async def main() -> int:
    words = [word for word in sys.argv[2:] if word != "-v"]
    wanted = words[0] if words else ""
    server = Server([case for case in all_cases() if wanted in case.name])
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=1 << 26)
    port = listener.sockets[0].getsockname()[1]
    client = await asyncio.create_subprocess_exec(sys.argv[1], f"ws://127.0.0.1:{port}")
    code = await client.wait()
    listener.close()
    broken = {n: verdict for n, verdict in server.verdicts.items() if verdict}
    for number, verdict in broken.items():
        print(f"FAILED {server.cases[number - 1].name}: {verdict}")
    failing = sum(bool(case.fails) for case in server.cases)
    print(f"{len(server.verdicts) - len(broken)} of {len(server.cases)} cases passed; of {failing} connections that had to be failed, "
          f"{server.coded} were with a close code")
    return 0 if code == 0 and not broken and len(server.verdicts) == len(server.cases) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
