#!/usr/bin/python3
"""Whether the same sources make the same bytes.

    reproducible_test.py BUILD PACKAGES     what was built packs to the same packages again; single sources compile and link to
                                            the same bytes in two folders
    reproducible_test.py whole              everything, twice, in two folders: an hour or so
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import packages
from packages import NAMES, ROOT, run

WHOLE = sys.argv[1:] == ["whole"]
BUILD, PACKAGES = (None, None) if WHOLE else [pathlib.Path(each).resolve() for each in sys.argv[1:]]
# Generated code, which asserts with names of files; a header library that does; our own.
SOURCES = ("wsfleet/v1/fleet.pb.cc", "wsfleet_core.dir/har/recording.cc", "wsfleet_core.dir/base/agent_name.cc")
# No cache: it would hand the bytes of the first folder to the second.
ENVIRONMENT = os.environ | {"CCACHE_DISABLE": "1"}
WHOLE_LIMIT = 4 * 3600


def copy_of_sources(folder: pathlib.Path) -> pathlib.Path:
    """What a checkout has, without its history."""
    listed = run("git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def two_folders(case: unittest.TestCase) -> list[pathlib.Path]:
    outer = pathlib.Path(case.enterContext(tempfile.TemporaryDirectory()))
    return [copy_of_sources(outer / name) for name in ("a", "another/folder/of/another/length")]


@unittest.skipIf(WHOLE, "part of the whole")
class Packing(unittest.TestCase):
    def test_again_makes_the_same_bytes(self):
        """In another folder, time zone and language, with a umask that hides files and a later clock."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        again = packages.pack(BUILD, folder, PATH=os.environ["PATH"], TZ="Pacific/Kiritimati", LC_ALL="C.UTF-8", HOME=str(folder))
        for name in NAMES:
            self.assertEqual(again[name].path.read_bytes(), packages.find(PACKAGES)[name].path.read_bytes(), name)

    def test_at_another_time_makes_others(self):
        """So that the one above compares what it means to."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        again = packages.pack(BUILD, folder, PATH=os.environ["PATH"], SOURCE_DATE_EPOCH="1000000000", HOME=str(folder))
        self.assertIn("2001-09-09", run("dpkg-deb", "--contents", str(again["wsfleet"].path)))
        self.assertNotEqual(again["wsfleet"].path.read_bytes(), packages.find(PACKAGES)["wsfleet"].path.read_bytes())


@unittest.skipIf(WHOLE, "part of the whole")
class Compiling(unittest.TestCase):
    def built(self, folder: pathlib.Path) -> dict[str, bytes]:
        build = folder / "build/package"
        run("cmake", "--preset", "package", "-DWSFLEET_UNITY=OFF", cwd=folder, env=ENVIRONMENT)
        targets = run("ninja", "-C", str(build), "-t", "targets", "all").splitlines()
        wanted = [line.partition(": ")[0] for line in targets if line.partition(":")[0].endswith(tuple(f"{each}.o" for each in SOURCES))]
        self.assertEqual(len(wanted), len(SOURCES))
        run("ninja", "-C", str(build), *wanted, env=ENVIRONMENT)
        linker = [each for each in ("-fuse-ld=mold",) if shutil.which("mold")]
        # No program, but all that linking adds, with the id of the build.
        run("c++", "-nostartfiles", *linker, "-Wl,-z,relro,-z,now,--unresolved-symbols=ignore-all", "-o", str(build / "linked"),
            *[str(build / each) for each in wanted])
        self.assertIn("Build ID", run("readelf", "--notes", str(build / "linked")))
        return {each: (build / each).read_bytes() for each in [*wanted, "linked"]}

    def test_in_two_folders_makes_the_same_bytes(self):
        first, second = [self.built(folder) for folder in two_folders(self)]
        for name, content in first.items():
            self.assertNotIn(b"/tmp/", content, name)
            self.assertEqual(content, second[name], name)


@unittest.skipUnless(WHOLE, "takes an hour: nightly")
class Everything(unittest.TestCase):
    def built(self, folder: pathlib.Path) -> dict[str, bytes]:
        # A copy has no history; both are of one commit.
        environment = ENVIRONMENT | {"SOURCE_DATE_EPOCH": "1764158400"}
        subprocess.run(["cmake", "--workflow", "--preset", "package"], cwd=folder, env=environment, check=True, timeout=WHOLE_LIMIT)
        return {name: package.path.read_bytes() for name, package in packages.find(folder / "build/package").items()}

    def test_in_two_folders_makes_the_same_packages(self):
        first, second = [self.built(folder) for folder in two_folders(self)]
        for name in NAMES:
            self.assertEqual(first[name], second[name], name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
