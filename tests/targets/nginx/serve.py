"""Runs nginx as a proxy that terminates TLS in front of a WebSocket server; writes its port when it listens.

    serve.py --port-file FILE --upstream PORT --certificate FILE     the certificate, self-signed, is written there
"""

import argparse
import ctypes
import os
import pathlib
import signal
import socket
import subprocess

CONFIGURATION = """
daemon off;
pid {folder}/pid;
error_log stderr warn;
{user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {folder}/key.pem;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    location /dead {{ proxy_pass http://127.0.0.1:{dead}; }}
    location /stalls {{ proxy_pass http://127.0.0.1:{upstream}; proxy_read_timeout 1s; }}
    location /idle {{ proxy_pass http://127.0.0.1:{upstream}/echo; proxy_read_timeout 1s; }}
    location /plain {{ proxy_pass http://127.0.0.1:{upstream}; proxy_set_header Upgrade ""; proxy_set_header Connection ""; }}
  }}
}}
"""


def port_of_nobody(may_be_shared: bool) -> socket.socket:
    """A port of ours as long as the socket lives. Nobody listens on it, until somebody does with whom it is shared."""
    holder = socket.socket()
    if may_be_shared:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


parser = argparse.ArgumentParser()
parser.add_argument("--port-file", required=True)
parser.add_argument("--upstream", required=True, type=int)
parser.add_argument("--certificate", required=True)
arguments = parser.parse_args()

folder = os.path.dirname(os.path.abspath(arguments.port_file))
held = port_of_nobody(may_be_shared=True)
dead = port_of_nobody(may_be_shared=False)
port = held.getsockname()[1]
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
     "-subj", "/CN=nginx under test", "-addext", "subjectAltName=IP:127.0.0.1",
     "-keyout", f"{folder}/key.pem", "-out", arguments.certificate],
    check=True, stderr=subprocess.DEVNULL)
# Workers of a master that runs as root are somebody else, who may not read the folder.
user = "user root;" if os.geteuid() == 0 else ""
configuration = pathlib.Path(folder, "nginx.conf")
configuration.write_text(CONFIGURATION.format(folder=folder, user=user, port=port, upstream=arguments.upstream,
                                              certificate=arguments.certificate, dead=dead.getsockname()[1]))
subprocess.run(["/usr/sbin/nginx", "-t", "-q", "-p", folder, "-c", configuration], check=True)
child = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", configuration], preexec_fn=die_with_parent)
while True:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        break
    except ConnectionRefusedError:
        if child.poll() is not None:
            raise SystemExit("nginx ended")
pathlib.Path(arguments.port_file).write_text(f"{port}\n")
child.wait()
