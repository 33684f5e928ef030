#!/usr/bin/python3
"""The built programs with what the chart gives them: its test script, and a coordinator and an agent with its flags.

    programs_test.py FOLDER     of the programs
"""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

import checks
from chart import CHART, of_kind, render

PROGRAMS = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path("build/release/bin")
SECONDS = 60  # until something hangs
USER = 10001  # podSecurity of the chart's values
JWT_KEY = "wsfleet-demo-key-not-for-production"


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment = {"PATH": f"{PROGRAMS.resolve()}:/usr/bin:/bin", "HOME": str(self.folder), "TMPDIR": str(self.folder)}

    # Before every program of the fleet: how it becomes another user.
    becoming: tuple[str, ...] = ()

    def start(self, words: str, *command: str) -> tuple[subprocess.Popen, str]:
        """The program, and the line of its log in which it says the words."""
        process = subprocess.Popen([*self.becoming, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.environment)
        limit = threading.Timer(SECONDS, process.kill)
        # What follows is read and forgotten, so that the program never waits for a reader.
        reader = threading.Thread(target=lambda: [None for _ in process.stdout])
        limit.start()
        self.addCleanup(process.__exit__, None, None, None)
        self.addCleanup(lambda: reader.is_alive() and reader.join())
        self.addCleanup(process.kill)
        self.addCleanup(limit.cancel)
        log = []
        for line in process.stdout:
            log.append(line)
            if words in line:
                reader.start()
                return process, line
        self.fail(f"{command[0]} did not say {words!r}:\n{''.join(log)}")

    def run_to_end(self, *command: str, **environment: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=self.environment | environment, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


class SelfTest(Folder):
    def test_passes_where_there_is_nothing_but_the_pod(self):
        # As a ConfigMap lays files down: links into a folder beside them.
        (self.folder / "..data").symlink_to(CHART / "files")
        for name in ("self-test.sh", "self-echo.wsfleet.yaml"):
            (self.folder / name).symlink_to(f"..data/{name}")
        said = self.run_to_end("/bin/bash", str(self.folder / "self-test.sh"), POD_IP="127.0.0.1")
        self.assertIn("VERDICT passed (exit 0)   passed 6", said)
        self.assertIn("tests.existingSecret is not set", said)


class Fleet(Folder):
    """The paths of the pods become folders of this test, and the Services' addresses those of the processes."""

    def make_certificate(self, folder: str, name: str, *extensions: str):
        place = self.folder / folder
        place.mkdir()
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self.run_to_end("openssl", "req", "-x509", *new_key, "-days", "2", "-subj", f"/CN={name}", "-CA", str(self.folder / "ca.crt"),
                        "-CAkey", str(self.folder / "ca.key"), "-keyout", str(place / "tls.key"), "-out", str(place / "tls.crt"),
                        *(argument for each in extensions for argument in ("-addext", each)))
        (place / "ca.crt").symlink_to("../ca.crt")

    def make_files(self):
        self.run_to_end("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=authority", "-keyout", str(self.folder / "ca.key"), "-out", str(self.folder / "ca.crt"))
        self.make_certificate("tls", "coordinator", "subjectAltName=IP:127.0.0.1", "basicConstraints=critical,CA:FALSE")
        self.make_certificate("identity", "agent", "subjectAltName=URI:spiffe://wsfleet/fleet/default/region/eu-west-1/pool/office", "basicConstraints=critical,CA:FALSE")
        for folder in ("client", "coordinator-data", "agent-data"):
            (self.folder / folder).mkdir()
        token = self.folder / "client/token"
        token.write_text("a-token\n", encoding="utf-8")
        token.chmod(0o600)

    def arguments(self, container: dict, data: str, addresses: dict[str, str]) -> list[str]:
        program = container["command"][0]
        given = []
        for argument in container["args"]:
            flag, equals, value = argument.partition("=")
            value = addresses.get(flag, value).replace("$(POD_NAME)", "rel-wsfleet-agent-eu-west-1-0")
            value = value.replace("/var/lib/wsfleet", str(self.folder / data)).replace("/etc/wsfleet", str(self.folder))
            given.append(f"{flag}={value}" if equals else flag)
        return [program, *given]

    def end(self, process: subprocess.Popen):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(SECONDS), 0)

    def test_coordinator_and_agent_run_with_the_flags_of_the_chart(self):
        self.make_files()
        self.run_a_suite()

    def test_and_as_the_user_of_the_pods(self):
        """Secrets belong to root and are read by the group, volumes are the group's: what a kubelet makes of fsGroup."""
        if os.geteuid() != 0:
            self.skipTest("needs root: files of several users")
        self.becoming = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs", "--bounding-set=-all")
        reachable = subprocess.run([*self.becoming, PROGRAMS.resolve() / "wsfleet", "--version"], capture_output=True, check=False)
        if reachable.returncode != 0:
            self.skipTest(f"needs programs that others may run, found {PROGRAMS.resolve()}")
        self.make_files()
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, 0, USER)
            if not path.is_symlink():
                path.chmod(0o440 if path.is_file() else 0o2770 if path.name.endswith("-data") else 0o750)
        self.run_a_suite()

    def assert_ready(self, port: int):
        """As the probes of the pods ask, and Prometheus."""
        for path, line in (("livez", "alive"), ("readyz", "ready"), ("metrics", "# TYPE wsfleet_build_info gauge")):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=SECONDS) as answer:
                self.assertIn(line, answer.read().decode().splitlines())

    def test_agent_enrols_with_the_flags_of_the_chart(self):
        for folder in ("client", "identity", "coordinator-data", "agent-data"):
            (self.folder / folder).mkdir()
        token = self.folder / "client/token"
        token.write_text("a-token\n", encoding="utf-8")
        token.chmod(0o600)
        found = self.rendered("agents.existingSecret=t")
        _, said = self.start("coordinator serves", *self.arguments(found["coordinator"], "coordinator-data", {
            "--agent-listen": "127.0.0.1:0", "--client-listen": "127.0.0.1:0", "--enrol-listen": "127.0.0.1:0",
            "--http-listen": "127.0.0.1:0"}))
        agents, clients, enrolment = (re.search(rf"{name}_listen=(\S+)", said).group(1) for name in ("agent", "client", "enrol"))
        authority = self.folder / "coordinator-data/state/ca/trust.pem"
        (self.folder / "identity/ca.crt").symlink_to(authority)
        client = {"WSFLEET_COORDINATOR": clients, "WSFLEET_CA": str(authority), "WSFLEET_TOKEN_FILE": str(token)}
        made = self.run_to_end("wsfleet", "agents", "join-token", "create", "--region", "eu-west-1", **client)
        (self.folder / "identity/token").write_text(made, encoding="utf-8")
        (self.folder / "identity/token").chmod(0o600)
        agent, _ = self.start("session", *self.arguments(found["agent"], "agent-data", {
            "--coordinator": agents, "--enrol": enrolment, "--http-listen": "127.0.0.1:0"}))
        self.assertEqual(self.run_to_end("wsfleet", "agents", "list", "-o", "name", **client), "eu-west-1.rel-wsfleet-agent-eu-west-1-0\n")
        self.assertEqual((self.folder / "agent-data/identity").stat().st_mode & 0o777, 0o700)
        self.end(agent)

    def rendered(self, values: str) -> dict[str, dict]:
        objects = render("--set", f"agents.enabled=true,agents.regions.eu-west-1.labels.network=office,{values}")
        return {container["name"]: container for _, _, container in checks.containers(of_kind(objects, "StatefulSet"))}

    def run_a_suite(self):
        ports = free_ports(2)
        found = self.rendered("coordinator.tls.mode=existingSecret,coordinator.tls.existingSecret=t,"
                              "agents.identity.mode=existingSecret,agents.existingSecret=t")
        coordinator, said = self.start("coordinator serves", *self.arguments(found["coordinator"], "coordinator-data", {
            "--agent-listen": "127.0.0.1:0", "--client-listen": "127.0.0.1:0", "--http-listen": f"127.0.0.1:{ports[0]}"}))
        agents, clients = (re.search(rf"{name}_listen=(\S+)", said).group(1) for name in ("agent", "client"))
        agent, _ = self.start("session", *self.arguments(found["agent"], "agent-data", {
            "--coordinator": agents, "--http-listen": f"127.0.0.1:{ports[1]}"}))
        for port in ports:
            self.assert_ready(port)
        _, listening = self.start("listening on", "wsfleet-demo-target")
        verdict = self.run_to_end(
            "wsfleet", "run", str(CHART / "files/self-echo.wsfleet.yaml"), "--from", "eu-west-1+office", "--agents-wait", "30s",
            "--var", "target=ws://" + listening.strip().rpartition("/")[2], "--secret", "JWT_KEY",
            JWT_KEY=JWT_KEY, WSFLEET_COORDINATOR=clients, WSFLEET_CA=str(self.folder / "ca.crt"),
            WSFLEET_TOKEN_FILE=str(self.folder / "client/token"))
        self.assertIn("VERDICT passed (exit 0)   passed 2", verdict)
        self.assertTrue((self.folder / "coordinator-data/wsfleet.db").exists())
        self.assertEqual((self.folder / "coordinator-data/state/secrets.key").stat().st_mode & 0o777, 0o600)
        self.assertTrue((self.folder / "agent-data/spool").is_dir())
        self.end(agent)
        self.end(coordinator)


if __name__ == "__main__":
    os.umask(0o077)
    unittest.main()
