#!/usr/bin/python3
"""The flags that the chart gives to the programs, against the programs' own tables."""

import re
import unittest

import checks
from chart import CHART, ROOT, SETS, flags_of, render_set

TABLES = {"wsfleet-coordinator": "coordinator/options.cc", "wsfleet-agent": "agent/options.cc"}


def table_of(program: str) -> set[str]:
    source = (ROOT / TABLES[program]).read_text(encoding="utf-8")
    return set(re.findall(r'add_(?:option|flag)\(\s*"(--[a-z-]+)"', source))


def used_by(program: str) -> set[str]:
    return {flag for values in SETS for _, _, container in checks.containers(render_set(values))
            if container["command"] == [program] for flag in flags_of(container)}


class Flags(unittest.TestCase):
    def test_are_those_of_the_program(self):
        for program in TABLES:
            with self.subTest(program):
                self.assertGreater(len(table_of(program)), 10, "the table was not read")
                self.assertEqual(used_by(program) - table_of(program), set())

    def test_stand_in_one_file(self):
        for file in (CHART / "templates").rglob("*"):
            if file.suffix in (".yaml", ".tpl") and file.name != "_flags.tpl":
                self.assertEqual(re.findall(r"(?m)^\s*- \"?--[a-z]", file.read_text(encoding="utf-8")), [], file.name)

    def test_never_carry_a_secret(self):
        for values in SETS:
            for name, _, container in checks.containers(render_set(values)):
                for flag, given in flags_of(container).items():
                    with self.subTest(f"{values.name}, {name}"):
                        self.assertFalse(re.search("token|password|key", flag) and not flag.endswith("-file")
                                         and any(not each.startswith("/") for each in given), f"{flag}={given}")


class Versions(unittest.TestCase):
    def test_the_chart_is_of_this_version(self):
        version = re.search(r"project\(wsfleet VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
        self.assertIn(f'appVersion: "{version}"\n', (CHART / "Chart.yaml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
