#!/usr/bin/python3
"""The Dockerfile, without a Docker: what it copies is there, what it builds from suffices, what it leaves runs as nobody special.

    dockerfile_test.py FOLDER     of the built programs
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

import dockerfile

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS_BUILT = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else ROOT / "build/release/bin"
PROGRAMS = {"wsfleet", "wsfleet-coordinator", "wsfleet-agent", "wsfleet-demo-target"}
BUILD, IMAGE = dockerfile.parse((ROOT / "Dockerfile").read_text(encoding="utf-8"))
IGNORED = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def run(*command: str, folder: pathlib.Path = ROOT) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def commands_of(stage: dockerfile.Stage, *words: str) -> list[list[str]]:
    """Commands of its RUNs that begin so, without these words."""
    found = [command for rest in stage.all_of("RUN") for command in dockerfile.words_of(rest)]
    return [command[len(words):] for command in found if command[:len(words)] == list(words)]


def runtime_packages() -> set[str]:
    (install,) = commands_of(IMAGE, "apt-get", "install")
    return {word for word in install if not word.startswith("-")}


class Base(unittest.TestCase):
    def test_is_one_debian_12_for_both_stages(self):
        self.assertEqual(BUILD.base, IMAGE.base)
        self.assertRegex(BUILD.base, r"^debian:12(-slim)?$")

    def test_every_instruction_is_one_that_we_use(self):
        words = {word for stage in (BUILD, IMAGE) for word, _ in stage.instructions}
        # No ADD, which fetches and unpacks; no ENV and ARG, which stay in the image.
        self.assertEqual(words, {"COPY", "RUN", "WORKDIR", "LABEL", "USER", "EXPOSE", "STOPSIGNAL", "CMD"})

    def test_commands_are_good_shell(self):
        for rest in BUILD.all_of("RUN") + IMAGE.all_of("RUN"):
            run("bash", "-n", "-c", rest)
            self.assertNotIn(";", rest, "a failure before it would go unnoticed")


class Build(unittest.TestCase):
    def test_copies_what_there_is_and_is_not_ignored(self):
        for source, _ in dockerfile.copied(BUILD) + dockerfile.copied(IMAGE):
            with self.subTest(source):
                files = run("git", "-c", f"safe.directory={ROOT}", "ls-files", "--cached", "--others", "--exclude-standard", source).split()
                self.assertTrue(files, "there is no such file")
                self.assertEqual([file for file in files if dockerfile.is_ignored(pathlib.PurePosixPath(file), IGNORED)], [])

    def test_sends_nothing_else_to_the_builder(self):
        sent = [each.name for each in ROOT.iterdir() if not dockerfile.is_ignored(pathlib.PurePosixPath(each.name), IGNORED)]
        copied = {pathlib.PurePosixPath(source).parts[0] for stage in (BUILD, IMAGE) for source, _ in dockerfile.copied(stage)}
        self.assertEqual(set(sent), copied)
        self.assertTrue(dockerfile.is_ignored(pathlib.PurePosixPath("build/release/bin/wsfleet"), IGNORED))
        self.assertTrue(dockerfile.is_ignored(pathlib.PurePosixPath("tests/helm/__pycache__/chart.pyc"), IGNORED))
        self.assertTrue(dockerfile.is_ignored(pathlib.PurePosixPath("ca.key"), IGNORED))

    def test_has_all_sources_of_the_programs(self):
        """Configures a tree of the copied files alone, and asks ninja what it would do."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for source, destination in dockerfile.copied(BUILD):
                place = folder / destination
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    place.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / source, place)
            (configure,) = commands_of(BUILD, "cmake", "--preset")
            run("cmake", "--preset", *configure, folder=folder)
            (build,) = commands_of(BUILD, "cmake", "--build")
            said = run("cmake", "--build", *build, "--", "-n", folder=folder)
            self.assertEqual({program for program in PROGRAMS if f"executable bin/{program}\n" in said + "\n"}, PROGRAMS)

    def test_leaves_the_programs_that_it_has_built(self):
        (build,) = commands_of(BUILD, "cmake", "--build")
        (install,) = commands_of(BUILD, "install")
        self.assertEqual(set(build[build.index("--target") + 1:]), PROGRAMS)
        self.assertEqual({pathlib.PurePosixPath(word).name for word in install if word.startswith("build/")}, PROGRAMS)
        self.assertIn("--from=build /programs/ /usr/local/bin/", IMAGE.all_of("COPY"))

    def test_installs_by_the_script_that_everybody_uses(self):
        self.assertEqual(len(commands_of(BUILD, "cmake/install-dependencies.sh", "build")), 1)


class Image(unittest.TestCase):
    def test_runs_as_a_user_without_rights_and_nothing_runs_after_that(self):
        words = [word for word, _ in IMAGE.instructions]
        self.assertEqual(words.count("USER"), 1)
        self.assertNotIn("RUN", words[words.index("USER"):])
        self.assertNotIn("COPY", words[words.index("USER"):])
        user, _, group = IMAGE.all_of("USER")[0].partition(":")
        self.assertGreaterEqual(int(user), 1000)
        self.assertGreaterEqual(int(group), 1000)
        (add,) = commands_of(IMAGE, "useradd")
        self.assertEqual(add[add.index("--uid") + 1], user)

    def test_installs_lean_and_cleans_up(self):
        (install,) = commands_of(IMAGE, "apt-get", "install")
        self.assertIn("--no-install-recommends", install)
        self.assertIn(["-rf", "/var/lib/apt/lists/*"], commands_of(IMAGE, "rm"))
        # A package with headers, or a compiler, belongs into the other stage.
        self.assertEqual({each for each in runtime_packages() if each.endswith("-dev") or each in ("g++", "gcc", "cmake")}, set())

    def test_can_check_certificates_and_knows_time_zones(self):
        self.assertLessEqual({"ca-certificates", "tzdata"}, runtime_packages())

    def test_has_the_libraries_of_the_programs_and_no_others(self):
        missing = [program for program in PROGRAMS if not (PROGRAMS_BUILT / program).exists()]
        self.assertEqual(missing, [], f"not built in {PROGRAMS_BUILT}")
        packages = set()
        for program in PROGRAMS:
            paths = dict(re.findall(r"(\S+) => (\S+)", run("ldd", str(PROGRAMS_BUILT / program))))
            for library in re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", str(PROGRAMS_BUILT / program))):
                path = paths.get(library)
                if path:
                    # By its name: /lib is a link to /usr/lib, and packages say now this, now that.
                    file = pathlib.Path(path).resolve()
                    owners = run("dpkg", "-S", f"*/{file.parent.name}/{file.name}").splitlines()
                    packages |= {owner.partition(":")[0] for owner in owners}
        # In every Debian.
        self.assertEqual(packages - {"libc6", "libgcc-s1"}, runtime_packages() - {"ca-certificates", "tzdata"})


class Chart(unittest.TestCase):
    values = yaml.safe_load((ROOT / "helm/wsfleet/values.yaml").read_text(encoding="utf-8"))

    def test_has_the_user_of_the_image(self):
        user = int(IMAGE.all_of("USER")[0].partition(":")[0])
        self.assertEqual(self.values["podSecurity"], {"runAsUser": user, "fsGroup": user})

    def test_has_the_ports_and_the_programs_of_the_image(self):
        templates = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "helm/wsfleet").rglob("*")
                            if file.suffix in (".yaml", ".tpl", ".sh"))
        ports = set(re.findall(r"(?m)^(?:agents|clients|enrolment|http): (\d+)$", templates))
        self.assertEqual(ports, set(IMAGE.all_of("EXPOSE")[0].split()))
        self.assertLessEqual(set(re.findall(r"command: \[(wsfleet[\w-]*)", templates)), PROGRAMS)


class Ignoring(unittest.TestCase):
    def test_follows_the_last_pattern_that_matches(self):
        for path, patterns, ignored in (("a", ["*"], True), ("a", ["*", "!a"], False), ("a/b", ["*", "!a"], False),
                                        ("a/b", ["*", "!a", "a/b"], True), ("a/x/b", ["**/b"], True), ("b", ["**/b"], True),
                                        ("a/b/c", ["**/b"], True), ("ab", ["a"], False)):
            self.assertEqual(dockerfile.is_ignored(pathlib.PurePosixPath(path), patterns), ignored, (path, patterns))


if __name__ == "__main__":
    unittest.main()
