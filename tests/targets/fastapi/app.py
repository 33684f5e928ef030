"""A chat backend on FastAPI, with the defect that wsfleet comes from as a switch.

WSFLEET_TARGET_DEFECT=query_params: the handler reads an attribute that a Starlette URL does not have, before it accepts.
uvicorn then answers the upgrade with HTTP 500.
"""

import base64
import hashlib
import hmac
import json
import os
import time
import uuid

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
KEY = os.environ.get("JWT_KEY", "wsfleet-demo-key-not-for-production").encode()
DEFECT = os.environ.get("WSFLEET_TARGET_DEFECT", "")


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def subject(token: str) -> str | None:
    try:
        head, claims, signature = token.split(".")
        good = hmac.new(KEY, f"{head}.{claims}".encode(), hashlib.sha256).digest()
        fields = json.loads(decode(claims))
        if json.loads(decode(head)).get("alg") != "HS256" or not hmac.compare_digest(good, decode(signature)):
            return None
        if fields.get("exp", 0) <= time.time() or fields.get("nbf", 0) > time.time():
            return None
        return fields.get("sub", "anonymous")
    except (ValueError, TypeError):
        return None


def token_of(websocket: WebSocket) -> str:
    header = websocket.headers.get("authorization", "")
    if header.startswith("Bearer "):
        return header[7:]
    for name in websocket.headers.get("sec-websocket-protocol", "").split(","):
        if name.strip().startswith("jwt."):
            return name.strip()[4:]
    # The repaired line: the parameters are the WebSocket's, not its URL's.
    parameters = websocket.url.query_params if DEFECT == "query_params" else websocket.query_params
    return parameters.get("token", "")


@app.get("/health")
def health() -> dict:
    return {"status": "healthy", "revision": "broken" if DEFECT else "fixed"}


@app.websocket("/ws")
async def chat(websocket: WebSocket) -> None:
    if DEFECT == "query_params":
        # Four routes became one, and with them this line came in front of accept().
        websocket.url.query_params
    user = subject(token_of(websocket))
    if user is None:
        await websocket.close(1008)
        return
    offered = websocket.headers.get("sec-websocket-protocol", "")
    await websocket.accept(subprotocol="jwt-auth" if "jwt-auth" in offered else None)
    await websocket.send_json({"type": "connection_established", "user_id": user})
    try:
        while True:
            message = await websocket.receive_json()
            thread, run = message.get("thread_id"), str(uuid.uuid4())
            for kind, more in (
                ("agent_started", {}),
                ("agent_thinking", {}),
                ("tool_executing", {"tool": "ledger"}),
                ("tool_completed", {"tool": "ledger", "result": {"ok": True}}),
                ("agent_completed", {"text": "We spent 42."}),
            ):
                await websocket.send_json({"type": kind, "thread_id": thread, "run_id": run, **more})
    except WebSocketDisconnect:
        pass
