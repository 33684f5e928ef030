#!/usr/bin/python3
"""The life of the packages on a machine with systemd: installed, started, upgraded, removed, purged.

    life_test.py PACKAGES     folder of the packages
"""

import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import machine
import packages
from packages import NAMES, SERVICES

PACKAGES = packages.find(pathlib.Path(sys.argv.pop()))
APT = "apt-get install --yes --quiet --no-install-recommends --option Dpkg::Options::=--force-confold"
CLIENT = """
export WSFLEET_COORDINATOR=localhost:7421 WSFLEET_CA=/var/lib/wsfleet-coordinator/ca/trust.pem
export WSFLEET_TOKEN_FILE=/etc/wsfleet-coordinator/client-token
"""
TARGET = "/usr/libexec/wsfleet/wsfleet-demo-target"
SUITE = CLIENT + """
export JWT_KEY=wsfleet-demo-key-not-for-production
wsfleet run /usr/share/doc/wsfleet/examples/chat.wsfleet.yaml --var target=ws://127.0.0.1:8000 --secret JWT_KEY --agents-wait 60s
"""


class Life(unittest.TestCase):
    """One machine, and one test: each step stands on the one before."""

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for package in PACKAGES.values():
            shutil.copy(package.path, folder / f"{package.field('Package')}_new.deb")
            old = packages.predecessor(package, pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())))
            shutil.copy(old.path, folder / f"{package.field('Package')}_old.deb")
        self.machine = self.enterContext(machine.Machine("host", folder))

    def show(self, service: str, name: str) -> str:
        return self.machine.run("systemctl", "show", "--value", f"--property={name}", service).strip()

    def test_from_installing_to_purging(self):
        self.installed()
        self.started()
        self.confined()
        self.ended_and_started_again()
        self.upgraded()
        self.left_stopped_where_the_administrator_stopped_it()
        self.removed()
        self.purged()

    def installed(self):
        self.machine.shell(f"{APT} /srv/shared/*_old.deb")
        for service in SERVICES:
            account = self.machine.run("getent", "passwd", f"_{service}").strip().split(":")
            self.assertEqual(account[5:], [f"/var/lib/{service}", "/usr/sbin/nologin"])
            self.assertEqual(self.machine.run("systemd-analyze", "verify", f"{service}.service"), "")
            # Nothing runs before its settings were looked at.
            self.assertEqual((self.show(service, "ActiveState"), self.show(service, "UnitFileState")), ("inactive", "disabled"))
        facts = self.machine.run("stat", "--format=%a %U %G %s", "/etc/wsfleet-coordinator/client-token").strip()
        self.assertEqual(facts, "640 root _wsfleet-coordinator 45")

    def started(self):
        self.machine.shell("systemctl enable --now wsfleet-coordinator")
        self.machine.shell(CLIENT + """
            wsfleet agents join-token create --region here > token
            install -m 0640 -g _wsfleet-agent token /etc/wsfleet-agent/join-token
            install -m 0644 $WSFLEET_CA /etc/wsfleet-agent/ca.pem
            sed -i -e 's/^WSFLEET_AGENT_COORDINATOR=.*/&localhost:7420/' -e 's/^WSFLEET_AGENT_REGION=.*/&here/' \\
              -e 's/^#\\(WSFLEET_AGENT_ENROL=\\)/\\1localhost:7423/' -e 's/^#\\(WSFLEET_AGENT_JOIN\\)/\\1/' /etc/default/wsfleet-agent
            systemctl enable --now wsfleet-agent
            """)
        self.machine.shell(f"systemd-run --quiet --unit=target {TARGET} --listen 127.0.0.1:8000")
        self.assertIn("VERDICT passed", self.machine.shell(SUITE))
        # It has a certificate now.
        self.machine.shell("rm /etc/wsfleet-agent/join-token")

    def confined(self):
        for service in SERVICES:
            status = self.machine.shell(f"cat /proc/{self.show(service, 'MainPID')}/status")
            account = self.machine.run("id", "--user", f"_{service}").strip()
            self.assertIn(f"Uid:\t{account}\t{account}\t{account}\t{account}\n", status)
            for line in ("CapBnd:\t0000000000000000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
                self.assertIn(line, status)
            inside = f"nsenter --target={self.show(service, 'MainPID')} --mount --"
            for path in ("/etc/passwd", "/usr/bin/wsfleet", "/root", "/dev/tty0"):
                said = self.machine.shell(f"{inside} test -w {path} && echo writable || true")
                self.assertEqual(said, "", f"{service}: {path}")

    def ended_and_started_again(self):
        # Killed: it comes back. The client waits for it.
        self.machine.shell("systemctl kill --signal=KILL wsfleet-coordinator")
        self.machine.shell(CLIENT + "wsfleet runs list")
        self.assertEqual(self.show("wsfleet-coordinator", "NRestarts"), "1")
        # Options that are wrong are wrong the next time too.
        self.machine.shell("cp /etc/default/wsfleet-agent kept; echo WSFLEET_AGENT_OPTIONS=--no-such >> /etc/default/wsfleet-agent")
        self.machine.shell("systemctl stop wsfleet-agent; ! systemctl start --wait wsfleet-agent")
        self.assertEqual((self.show("wsfleet-agent", "Result"), self.show("wsfleet-agent", "ExecMainStatus")), ("exit-code", "2"))
        self.assertEqual(self.show("wsfleet-agent", "NRestarts"), "0")
        self.machine.shell("cp kept /etc/default/wsfleet-agent; systemctl restart wsfleet-agent")

    def upgraded(self):
        self.machine.shell("echo '# Mine.' | tee -a /etc/default/wsfleet-agent >> /etc/default/wsfleet-coordinator")
        kept = "sha256sum /var/lib/wsfleet-agent/identity/*key* /var/lib/wsfleet-coordinator/ca/* /etc/wsfleet-coordinator/* /etc/default/wsfleet-*"
        before = self.machine.shell(kept), {service: self.show(service, "MainPID") for service in SERVICES}
        self.machine.shell(f"{APT} /srv/shared/*_new.deb")
        after = self.machine.shell(f"{kept} | grep -v dpkg-dist"), {service: self.show(service, "MainPID") for service in SERVICES}
        self.assertEqual(before[0], after[0])
        for service in SERVICES:
            # What was changed by its owner stays, with what the package would have put there beside it.
            self.assertFalse(self.machine.exists(f"/usr/share/doc/{service}/{packages.OLD_FILE}"))
            self.assertIn(packages.OLD_SETTING, self.machine.run("cat", f"/etc/default/{service}"))
            self.assertNotIn(packages.OLD_SETTING, self.machine.run("cat", f"/etc/default/{service}.dpkg-dist"))
            self.assertNotEqual(before[1][service], after[1][service], "it runs on as it was")
            self.assertNotIn("deleted", self.machine.run("readlink", f"/proc/{after[1][service]}/exe"))
            self.assertEqual((self.show(service, "ActiveState"), self.show(service, "UnitFileState")), ("active", "enabled"))
        # Runs of before are there, and the agent needs no new token.
        self.assertIn("VERDICT passed", self.machine.shell(SUITE))
        self.assertEqual(len(re.findall(r"(?m)^r-\w+", self.machine.shell(CLIENT + "wsfleet runs list -o name"))), 2)

    def left_stopped_where_the_administrator_stopped_it(self):
        self.machine.shell("systemctl disable --now wsfleet-agent")
        self.machine.shell(f"{APT} --reinstall /srv/shared/wsfleet-agent_new.deb")
        self.assertEqual((self.show("wsfleet-agent", "ActiveState"), self.show("wsfleet-agent", "UnitFileState")), ("inactive", "disabled"))
        self.machine.shell("systemctl enable --now wsfleet-agent")

    def removed(self):
        self.machine.shell(f"apt-get remove --yes --quiet {' '.join(NAMES)}")
        accounts = ",".join(f"_{service}" for service in SERVICES)
        self.assertEqual(self.machine.shell(f"pgrep --list-full --uid {accounts} || true"), "")
        for service in SERVICES:
            self.assertEqual(self.show(service, "ActiveState"), "inactive")
            self.assertFalse(self.machine.exists(f"/usr/bin/{service}"))
            self.assertTrue(self.machine.exists(f"/etc/default/{service}"), "settings are for who installs it again")
            self.assertTrue(self.machine.exists(f"/var/lib/{service}"), "so is its state")

    def purged(self):
        self.machine.shell(f"apt-get purge --yes --quiet {' '.join(SERVICES)}")
        # But for what others keep: logs, and the cache of manual pages, which is thrown away daily.
        left = self.machine.shell("find /etc /usr /lib /var /opt -xdev -name '*wsfleet*' -not -path '/var/log/*' -not -path '/var/cache/*'")
        self.assertEqual(left, "")
        for service in SERVICES:
            # A number that is given anew would own what is left in backups.
            self.machine.run("getent", "passwd", f"_{service}")


if __name__ == "__main__":
    machine.skip_where_there_are_none()
    unittest.main()
