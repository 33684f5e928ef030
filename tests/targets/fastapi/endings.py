"""Each way in which a WebSocket handler of FastAPI can end, one path each."""

import asyncio

from fastapi import FastAPI, HTTPException, WebSocket

app = FastAPI()


@app.websocket("/raises")
async def raises(websocket: WebSocket):
    raise RuntimeError("before accept")


@app.websocket("/returns")
async def returns(websocket: WebSocket):
    return


@app.websocket("/raises-http")
async def raises_http(websocket: WebSocket):
    raise HTTPException(status_code=401, detail="no")


@app.websocket("/closes")
async def closes(websocket: WebSocket):
    await websocket.close(code=4401)


@app.websocket("/stalls")
async def stalls(websocket: WebSocket):
    await asyncio.sleep(3600)


@app.websocket("/accepts-and-closes")
async def accepts_and_closes(websocket: WebSocket):
    await websocket.accept()
    await websocket.close(code=4401, reason="no")


@app.websocket("/accepts-and-raises")
async def accepts_and_raises(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_json({"type": "hello"})
    raise RuntimeError("after accept")


@app.websocket("/accepts-and-returns")
async def accepts_and_returns(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_json({"type": "hello"})


@app.websocket("/echo")
async def echo(websocket: WebSocket):
    offered = websocket.scope.get("subprotocols", [])
    await websocket.accept(subprotocol=offered[0] if offered else None)
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") is not None:
            await websocket.send_text(message["text"])
        else:
            await websocket.send_bytes(message["bytes"])


@app.get("/page")
async def page():
    return {"a": "page"}
