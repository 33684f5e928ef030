#!/usr/bin/python3
"""docs/how-to/deploy.md: its commands, executed on four machines with a network between them.

    guide_test.py PACKAGES     folder of the packages
"""

import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import machine
import packages

PACKAGES = packages.find(pathlib.Path(sys.argv.pop()))
GUIDE = packages.ROOT / "docs/how-to/deploy.md"
COORDINATOR = "wsfleet.example.com"
REGIONS = ("eu-west-1", "us-east-1", "ap-south-1")
# To the folder of a host, which that host works in.
SCP = """#!/bin/sh
set -e
while [ $# -gt 1 ]; do files="$files $1"; shift; done
host=${1#root@}
cp $files "/srv/shared/${host%:}/"
"""


def sections() -> dict[str, str]:
    """The commands below each heading."""
    found = {}
    for part in re.split(r"(?m)^## ", GUIDE.read_text(encoding="utf-8"))[1:]:
        commands = re.findall(r"(?ms)^```\n(.*?)^```$", part)
        if commands:
            found[part.partition("\n")[0]] = "".join(commands)
    return found


class Guide(unittest.TestCase):
    def setUp(self):
        self.shared = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.coordinator = self.boot(COORDINATOR, "wsfleet", "wsfleet-coordinator")
        # Whoever the machines in the regions reach is at its address.
        self.coordinator.run("ip", "address", "add", "10.0.0.1/32", "dev", "lo")
        self.agents = {}
        for number, region in enumerate(REGIONS, 1):
            self.agents[region] = self.boot(f"{region}.example.com", "wsfleet-agent")
            machine.connect(self.coordinator, self.agents[region], number)

    def boot(self, name: str, *names: str) -> machine.Machine:
        folder = self.shared / name
        folder.mkdir()
        for each in names:
            shutil.copy(PACKAGES[each].path, folder)
        host = self.enterContext(machine.Machine(name, self.shared))
        host.shell(f"echo '10.0.0.1 {COORDINATOR} chat.example.com' >> /etc/hosts")
        return host

    def follow(self, host: machine.Machine, commands: str) -> str:
        return host.shell(commands, folder=f"/srv/shared/{host.name}")

    def test_leads_from_nothing_to_a_suite_that_passes_in_three_regions(self):
        steps = sections()
        self.assertEqual(list(steps), ["Build the packages", "Start the coordinator", "Log in", "Let agents in",
                                       "Start an agent in each region", "Run a suite from all of them"])
        self.coordinator.shell(f"cat > /usr/local/bin/scp <<'END'\n{SCP}END\nchmod +x /usr/local/bin/scp")
        self.follow(self.coordinator, steps["Start the coordinator"])
        self.follow(self.coordinator, steps["Log in"])
        self.follow(self.coordinator, steps["Let agents in"])
        for region, host in self.agents.items():
            commands, replaced = re.subn("(?m)^REGION=.*$", f"REGION={region}", steps["Start an agent in each region"])
            self.assertEqual(replaced, 1)
            self.follow(host, commands)
        self.coordinator.shell("systemd-run --quiet --unit=chat /usr/libexec/wsfleet/wsfleet-demo-target --listen 0.0.0.0:8000")
        try:
            said = self.follow(self.coordinator, steps["Run a suite from all of them"])
        except machine.Failed as error:
            logs = [self.coordinator.journal("wsfleet-coordinator"), *[host.journal("wsfleet-agent") for host in self.agents.values()]]
            raise machine.Failed("\n\n".join([str(error), *logs])) from None
        for region in REGIONS:
            self.assertIn(region, said)
        self.assertRegex(said, r"VERDICT passed \(exit 0\)   passed 24 ")
        # It went over mTLS, and each agent is who its certificate says.
        for region, host in self.agents.items():
            self.assertIn(f"{region}.{region}.example.com", said)
            names = host.shell("openssl x509 -noout -ext subjectAltName -in /var/lib/wsfleet-agent/identity/agent.pem")
            self.assertIn(f"URI:spiffe://wsfleet/fleet/default/region/{region}/pool/{region}/instance/{region}.example.com", names)

    def test_names_what_there_is(self):
        text = GUIDE.read_text(encoding="utf-8")
        for path in re.findall(r"\]\(([\w-]+\.md)\)", text):
            self.assertTrue((GUIDE.parent / path).exists(), path)
        self.assertIn("cmake --workflow --preset package", sections()["Build the packages"])
        self.assertIn('"name": "package", "steps"', (packages.ROOT / "CMakePresets.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    machine.skip_where_there_are_none()
    unittest.main()
