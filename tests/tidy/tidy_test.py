#!/usr/bin/python3
"""That tests/tidy/tidy.py finds what it is there to find: each rule is broken once."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tidy  # noqa: E402


def source(*lines: str) -> str:
    return "\n".join(lines) + "\n"


class Includes(unittest.TestCase):
    def assert_refused(self, path: str, line: str, words: str):
        findings = tidy.check_source(path, source(line))
        self.assertEqual(len(findings), 1, findings)
        self.assertIn(words, findings[0])
        self.assertTrue(findings[0].startswith(path + ":1: "), findings)

    def test_an_upward_include_is_found(self):
        self.assert_refused("core/base/a.cc", '#include "agent/agent.h"', "core may not use agent")
        self.assert_refused("coordinator/fleet/a.cc", '#include "proto/wire/convert.h"', "fleet may not use wire")
        self.assert_refused("coordinator/fleet/a.cc", '#include "wsfleet/v1/job.pb.h"', "fleet may not use proto")
        self.assert_refused("agent/engine/a.cc", '#include "agent/spool.h"', "engine may not use agent")
        self.assert_refused("cli/a.cc", '#include "coordinator/coordinator.h"', "cli may not use coordinator")

    def test_a_package_that_does_not_belong_there_is_found(self):
        self.assert_refused("core/a.cc", '#include "boost/asio/io_context.hpp"', "package")
        self.assert_refused("coordinator/fleet/a.cc", '#include "grpcpp/server.h"', "package")
        self.assert_refused("cli/a.cc", "#include <sqlite3.h>", "package")
        self.assert_refused("agent/a.cc", '#include "boost/beast/websocket.hpp"', "package")

    def test_io_and_threads_are_found_in_pure_folders(self):
        self.assert_refused("core/a.cc", "#include <fstream>", "pure")
        self.assert_refused("coordinator/fleet/a.cc", "#include <mutex>", "pure")
        self.assert_refused("core/a.cc", "#include <unistd.h>", "pure")

    def test_declared_arrows_pass(self):
        for path, line in (("agent/a.cc", '#include "agent/engine/engine.h"'), ("cli/a.cc", '#include "core/base/ids.h"'),
                           ("core/a.cc", "#include <vector>"), ("cli/a.cc", "#include <poll.h>"),
                           ("proto/wire/a.cc", '#include "wsfleet/v1/job.pb.h"')):
            self.assertEqual(tidy.check_source(path, source(line)), [])


class Sources(unittest.TestCase):
    def test_a_file_that_is_too_long_is_found(self):
        self.assertEqual(tidy.check_source("core/a.cc", "\n" * 400), [])
        self.assertIn("401 lines", tidy.check_source("core/a.cc", "\n" * 401)[0])
        self.assertIn("151 lines", tidy.check_source("core/a.h", "#pragma once\n" + "\n" * 150)[0])

    def test_a_sleep_is_found(self):
        self.assertIn("sleep", tidy.check_source("cli/a.cc", "  std::this_thread::sleep_for(1s);\n")[0])

    def test_names_that_say_nothing_are_found(self):
        self.assertIn("JobManager", tidy.check_source("cli/a.cc", "class JobManager {};\n")[0])

    def test_unfinished_work_is_found(self):
        self.assertIn("unfinished", tidy.check_source("cli/a.cc", "// " + "TO" + "DO: later\n")[0])

    def test_a_header_without_guard_is_found(self):
        self.assertIn("#pragma once", tidy.check_source("cli/a.h", "int a;\n")[0])


class Mirror(unittest.TestCase):
    SOURCES = {library.folder + "/a.cc" for library in tidy.LIBRARIES.values()}
    TESTS = {f"tests/{library.tests}/a_test.cc" for library in tidy.LIBRARIES.values() if library.tests}

    def test_a_whole_mirror_passes(self):
        self.assertEqual(tidy.check_mirror(self.SOURCES, self.TESTS), [])

    def test_a_library_without_tests_is_found(self):
        tests = self.TESTS - {"tests/unit/engine/a_test.cc"}
        self.assertEqual(tidy.check_mirror(self.SOURCES, tests), ["tests/unit/engine: engine has no tests"])

    def test_a_test_of_no_folder_is_found(self):
        findings = tidy.check_mirror(self.SOURCES, self.TESTS | {"tests/unit/core/gone/a_test.cc"})
        self.assertEqual(len(findings), 1)
        self.assertIn("core/gone", findings[0])


class Built(unittest.TestCase):
    def test_a_file_that_is_built_passes(self):
        lists = {"core": "a(SOURCES base/a.cc)", "cli": "b(b.cc)"}
        self.assertEqual(tidy.check_built({"core/base/a.cc", "cli/b.cc"}, lists), [])

    def test_a_file_that_nothing_builds_is_found(self):
        lists = {"core": "a(SOURCES base/aa.cc other/a.cc base/a.cc.in)", "": "base/a.cc"}
        findings = tidy.check_built({"core/base/a.cc"}, lists)
        self.assertEqual(len(findings), 1)
        self.assertIn("core/base/a.cc:1", findings[0])


class Tree(unittest.TestCase):
    def test_a_finding_in_a_tree_is_an_exit_code(self):
        with tempfile.TemporaryDirectory() as folder:
            bad = pathlib.Path(folder, "core", "a.cc")
            bad.parent.mkdir()
            bad.write_text('#include "cli/a.h"\n', encoding="utf-8")
            self.assertTrue(any("core may not use cli" in finding for finding in tidy.check_tree(pathlib.Path(folder))))


if __name__ == "__main__":
    unittest.main()
