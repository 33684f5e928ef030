"""Runs an application of this folder under uvicorn on a free port of loopback; writes the port when it listens, and its log to a file."""

import argparse
import os
import socket
import sys

import uvicorn

parser = argparse.ArgumentParser()
parser.add_argument("--port-file", required=True)
parser.add_argument("--server-log", required=True)
parser.add_argument("--app", default="app:app")
parser.add_argument("--ws", default="websockets", choices=["websockets", "wsproto"])
arguments = parser.parse_args()

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(1024)

log = open(arguments.server_log, "a", buffering=1)
os.dup2(log.fileno(), sys.stderr.fileno())
os.dup2(log.fileno(), sys.stdout.fileno())

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
with open(arguments.port_file, "w") as port_file:
    # The socket listens already: a client that comes now waits for the server.
    port_file.write(f"{listener.getsockname()[1]}\n")
server = uvicorn.Server(uvicorn.Config(arguments.app, ws=arguments.ws, log_level="info"))
server.run(sockets=[listener])
