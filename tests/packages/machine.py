"""Machines to install packages on, without touching this one: its files under an overlay in memory, and processes, users, a
network and a running systemd of their own.

They are namespaces of the kernel, so root is needed, and a kernel with overlayfs; why_not() says what is missing. All of a
machine is gone with its first process, which ends with the test.
"""

import contextlib
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
CGROUPS = pathlib.Path("/sys/fs/cgroup")
SECONDS = 120  # until something hangs
SKIPPED = 77  # to ctest


class Failed(AssertionError):
    pass


def run(*command: str, **options) -> str:
    """To its end; what it printed. Fails with all that it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Machine:
    """Boots when it is made; use it in a `with`. `shared`: a folder that it sees as /srv/shared."""

    def __init__(self, name: str, shared: pathlib.Path):
        self.name = name
        self._stack = contextlib.ExitStack()
        with self._stack:
            folder = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="wsfleet-machine-")))
            (folder / "place").mkdir()
            booted = folder / f"booted-{name}"
            os.mkfifo(booted)
            self._log = self._stack.enter_context(open(folder / "log", "w+", encoding="utf-8"))
            self._make_cgroups(f"{folder.name}-{name}")
            join = "".join(f"echo $$ > {group}/cgroup.procs; " for group in self._cgroups)
            boot = [str(HERE / "machine_boot.sh"), name, str(folder / "place"), str(shared)]
            self._outer = subprocess.Popen(
                ["sh", "-c", join + 'exec unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child "$@"', "sh", *boot],
                stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT)
            self._stack.callback(self._end)
            self._await(booted)
            children = pathlib.Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text(encoding="ascii")
            self.init = int(children.split()[0])
            self._stack = self._stack.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def run(self, *command: str, **options) -> str:
        return run("nsenter", f"--target={self.init}", "--all", "--", *command, **options)

    def shell(self, script: str, folder: str = "/root") -> str:
        """Its lines, each of which has to succeed, as root who has logged in."""
        script = f"set -euo pipefail\nexport HOME=/root DEBIAN_FRONTEND=noninteractive\ncd {folder}\n{script}"
        return self.run("bash", "-c", script)

    def exists(self, path: str) -> bool:
        return self.shell(f"if [ -e '{path}' ] || [ -L '{path}' ]; then echo yes; fi") == "yes\n"

    def journal(self, unit: str) -> str:
        return self.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}")

    def _make_cgroups(self, name: str):
        # A tree of its own in each hierarchy that systemd uses.
        hierarchies = [CGROUPS] if (CGROUPS / "cgroup.controllers").exists() else [CGROUPS / "systemd", CGROUPS / "unified"]
        self._cgroups = [hierarchy / name for hierarchy in hierarchies]
        for group in self._cgroups:
            group.mkdir()
            self._stack.callback(remove_cgroup, group)

    def _await(self, booted: pathlib.Path):
        poller = select.poll()
        with open(booted, opener=lambda path, _: os.open(path, os.O_RDONLY | os.O_NONBLOCK), encoding="ascii") as reader, \
                os.fdopen(os.pidfd_open(self._outer.pid)) as process:
            poller.register(reader, select.POLLIN)
            poller.register(process, select.POLLIN)  # that it has ended: nobody would write
            if (reader.fileno(), select.POLLIN) in [(file, events & select.POLLIN) for file, events in poller.poll(SECONDS * 1000)]:
                return
        self._log.seek(0)
        raise Failed(f"{self.name} did not boot:\n{self._log.read()}")

    def _end(self):
        # The first process of a machine takes all others with it, and is not gone before they are.
        with contextlib.suppress(OSError, AttributeError):
            with os.fdopen(os.pidfd_open(self.init)) as init:
                os.kill(self.init, signal.SIGKILL)
                select.select([init], [], [], SECONDS)
        self._outer.kill()
        self._outer.wait()


def remove_cgroup(group: pathlib.Path):
    for folder, _, _ in os.walk(group, topdown=False):
        os.rmdir(folder)


def connect(middle: Machine, place: Machine, number: int):
    """A link between them: the place reaches 10.0.0.1 and nothing else."""
    link = f"to-{number}"
    middle.run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0")
    # From here: the machines do not see each other's processes.
    run("nsenter", f"--target={middle.init}", "--net", "--", "ip", "link", "set", "eth0", "netns", str(place.init))
    middle.run("ip", "address", "add", f"10.0.{number}.1/24", "dev", link)
    middle.run("ip", "link", "set", link, "up")
    place.run("ip", "address", "add", f"10.0.{number}.2/24", "dev", "eth0")
    place.run("ip", "link", "set", "eth0", "up")
    # No more than that: a question to a name server elsewhere fails at once, and /etc/hosts answers.
    place.run("ip", "route", "add", "10.0.0.1", "via", f"10.0.{number}.1")


def why_not() -> str:
    """Why there are none on this machine; empty if there are."""
    if os.geteuid() != 0:
        return "needs root: machines of namespaces"
    try:
        with tempfile.TemporaryDirectory() as shared, Machine("probe", pathlib.Path(shared)) as machine:
            machine.run("systemctl", "--version")
    except (Failed, OSError, subprocess.SubprocessError) as error:
        return f"needs namespaces, overlayfs and systemd: {error}"
    return ""


def skip_where_there_are_none():
    if why := why_not():
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
