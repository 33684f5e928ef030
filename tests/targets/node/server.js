// A server on Node's `ws`: an echo with compression and subprotocols, and the ways in which such servers refuse and end.
//
//     node server.js --port-file FILE

"use strict";
const fs = require("fs");
const http = require("http");
const { WebSocketServer } = require("ws");

const portFile = process.argv[process.argv.indexOf("--port-file") + 1];
const server = http.createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ ok: true }));
});
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });

const endings = {
  "/echo": (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })),
  "/closes": (socket) => socket.close(4401, "no"),
  "/terminates": (socket) => socket.send("hello", () => socket.terminate()),
  "/pings": (socket) => socket.ping("alive?"),
  "/ticks": (socket, request) => {
    // Numbers from the one after `resume` on.
    let next = Number(new URL(request.url, "ws://x").searchParams.get("resume") || 0) + 1;
    const timer = setInterval(() => socket.send(JSON.stringify({ seq: next++ })), 5);
    socket.on("close", () => clearInterval(timer));
  },
};

server.on("upgrade", (request, socket, head) => {
  const path = new URL(request.url, "ws://x").pathname;
  if (path === "/refused") return socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\nno token");
  if (path === "/destroyed") return socket.destroy();
  if (path === "/stalls") return undefined;
  return sockets.handleUpgrade(request, socket, head, (websocket) => (endings[path] || endings["/echo"])(websocket, request));
});
server.listen(0, "127.0.0.1", () => fs.writeFileSync(portFile, `${server.address().port}\n`));
