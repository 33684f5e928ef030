#!/usr/bin/python3
"""What is in the packages, without installing them.

    contents_test.py PACKAGES PROGRAMS     folders: of the packages, of the built programs
"""

import gzip
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import packages
from packages import NAMES, ROOT, SERVICES, run

PROGRAMS = pathlib.Path(sys.argv.pop())
PACKAGES = packages.find(pathlib.Path(sys.argv.pop()))
# systemd's own measure, tenths of points; 100 is no protection at all.
MAX_EXPOSURE = 15


def names(relations: str) -> set[str]:
    """Of packages, in a field such as Depends."""
    return {each.split()[0] for each in re.split(r"[,|]\s*", relations) if each}


class Contents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.trees = {name: package.unpack(pathlib.Path(folder.name) / name) for name, package in PACKAGES.items()}

    def test_are_named_as_debian_names_packages(self):
        version = re.search(r"project\(wsfleet VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
        architecture = run("dpkg", "--print-architecture").strip()
        for name, package in PACKAGES.items():
            with self.subTest(name):
                self.assertEqual(package.field("Package"), name)
                self.assertEqual(package.field("Version"), f"{version}-1")
                self.assertEqual(package.field("Architecture"), architecture)
                self.assertEqual(package.path.name, f"{name}_{version}-1_{architecture}.deb")
                # The newest entry is that of this version.
                self.assertTrue(packages.changelog(self.trees[name], name).startswith(f"wsfleet ({version}-1) "))

    def test_need_the_libraries_of_their_programs(self):
        for name in NAMES:
            with self.subTest(name):
                needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", str(self.trees[name] / "usr/bin" / name)))
                paths = dict(re.findall(r"(\S+) => (\S+)", run("ldd", str(self.trees[name] / "usr/bin" / name))))
                files = [pathlib.Path(paths[library]).resolve() for library in needed if library in paths]
                owners = {run("dpkg", "-S", f"*/{file.parent.name}/{file.name}").partition(":")[0] for file in files}
                depends = names(PACKAGES[name].field("Depends"))
                self.assertGreaterEqual(len(owners), 10)
                # By its own name, or by one that stands for what it was built with.
                missing = [owner for owner in owners
                           if not ({owner} | names(run("dpkg-query", "--show", "--showformat=${Provides}", owner))) & depends]
                self.assertEqual(missing, [])

    def test_belong_to_root_and_nobody_else_may_write_to_them(self):
        for name, package in PACKAGES.items():
            for path, facts in package.contents().items():
                if path == "/":
                    continue
                expected = "drwxr-xr-x" if path.endswith("/") else "-rwxr-xr-x" if re.search("/(bin|libexec)/", path) else "-rw-r--r--"
                self.assertEqual(facts, f"{expected} root/root", f"{name}: {path}")

    def test_have_what_each_is_for(self):
        expected = {
            "wsfleet": ["/usr/bin/wsfleet", "/usr/libexec/wsfleet/wsfleet-demo-target", "/usr/share/man/man1/wsfleet.1.gz",
                        "/usr/share/man/man1/wsfleet-run.1.gz", "/usr/share/man/man1/wsfleet-agents.1.gz",
                        "/usr/share/bash-completion/completions/wsfleet", "/usr/share/zsh/vendor-completions/_wsfleet",
                        "/usr/share/fish/vendor_completions.d/wsfleet.fish", "/usr/share/doc/wsfleet/examples/chat.wsfleet.yaml"]}
        for name in SERVICES:
            expected[name] = [f"/usr/bin/{name}", f"/lib/systemd/system/{name}.service", f"/usr/lib/sysusers.d/{name}.conf",
                              f"/etc/default/{name}", f"/usr/share/man/man8/{name}.8.gz"]
        for name, paths in expected.items():
            paths += [f"/usr/share/doc/{name}/copyright", f"/usr/share/doc/{name}/changelog.Debian.gz"]
            self.assertEqual([path for path in paths if path not in PACKAGES[name].contents()], [], name)

    def test_hold_stripped_programs_that_can_be_told_from_others(self):
        for name in NAMES:
            with self.subTest(name):
                sections = run("readelf", "--sections", "--wide", str(self.trees[name] / "usr/bin" / name))
                self.assertNotIn(".debug_info", sections)
                self.assertNotIn(".symtab", sections)
                # By it whoever has a core file finds the program with symbols: the same commit builds the same one.
                ids = {re.search(r"Build ID: (\w+)", run("readelf", "--notes", str(folder / name))).group(1)
                       for folder in (PROGRAMS, self.trees[name] / "usr/bin")}
                self.assertEqual(len(ids), 1)

    def test_manual_is_good_roff_and_readable(self):
        pages = [page for tree in self.trees.values() for page in tree.glob("usr/share/man/man*/*.gz")]
        self.assertGreater(len(pages), 15)
        readable = {}
        for page in pages:
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-cbou"], input=gzip.decompress(page.read_bytes()),
                                  capture_output=True, check=True)
            self.assertEqual(done.stderr, b"", page.name)
            readable[page.name] = done.stdout.decode()
            self.assertIn("SYNOPSIS", readable[page.name], page.name)
        for words in ("--enrol-listen", "Default: 24h", "ca issue", "/etc/default/wsfleet-coordinator"):
            self.assertIn(words, readable["wsfleet-coordinator.8.gz"])

    def test_completions_are_what_their_shells_read(self):
        share = self.trees["wsfleet"] / "usr/share"
        run("bash", "-n", str(share / "bash-completion/completions/wsfleet"))
        for shell, path in (("zsh", "zsh/vendor-completions/_wsfleet"), ("fish", "fish/vendor_completions.d/wsfleet.fish")):
            if shutil.which(shell):
                run(shell, "-n", str(share / path))

    def test_units_leave_little_to_whoever_breaks_in(self):
        for name in SERVICES:
            with self.subTest(name):
                run("systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={MAX_EXPOSURE}",
                    str(self.trees[name] / f"lib/systemd/system/{name}.service"))

    def test_settings_are_files_of_the_administrator(self):
        for name in SERVICES:
            self.assertEqual((self.trees[name] / "DEBIAN/conffiles").read_text(encoding="utf-8"), f"/etc/default/{name}\n")
        self.assertFalse((self.trees["wsfleet"] / "DEBIAN/conffiles").exists())

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian_finds_nothing_wrong(self):
        # They are not uploaded to Debian, where the first changelog entry closes a request for the package.
        said = run("lintian", "--allow-root", "--fail-on=error,warning", "--suppress-tags=initial-upload-closes-no-bugs",
                   *[str(package.path) for package in PACKAGES.values()])
        self.assertEqual(said, "")


if __name__ == "__main__":
    unittest.main()
