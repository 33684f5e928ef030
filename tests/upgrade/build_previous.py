#!/usr/bin/python3
"""Builds the programs of the revision before this one, from the repository's own history.

    tests/upgrade/build_previous.py SOURCE WHERE [-- CMAKE ARGUMENTS…]

SOURCE/tests/upgrade/previous_revision names the commit: the last one that was released, or landed. Its files are taken out of
the history into WHERE/REVISION and built there; WHERE/bin leads to its programs. What is there already is not built again.
"""

import pathlib
import subprocess
import sys

PROGRAMS = ["wsfleet", "wsfleet-coordinator", "wsfleet-agent"]


def run(arguments: list[str], **more) -> None:
    subprocess.run(arguments, check=True, **more)


def take_out(source: pathlib.Path, revision: str, into: pathlib.Path) -> None:
    known = subprocess.run(["git", "-C", source, "cat-file", "-e", revision + "^{commit}"], stderr=subprocess.DEVNULL)
    if known.returncode != 0:
        sys.exit(f"{source}/tests/upgrade/previous_revision: commit {revision} is not in this repository; is it a shallow clone? "
                 "`git fetch --unshallow` brings the history")
    into.mkdir(parents=True)
    archive = subprocess.Popen(["git", "-C", source, "archive", revision], stdout=subprocess.PIPE)
    run(["tar", "-x", "-C", into], stdin=archive.stdout)
    if archive.wait() != 0:
        sys.exit(f"git archive {revision} failed")


def main() -> int:
    source, where = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    cmake_arguments = sys.argv[sys.argv.index("--") + 1:] if "--" in sys.argv else []
    revision = (source / "tests/upgrade/previous_revision").read_text(encoding="utf-8").split()[0]
    tree = where / revision
    # Where that revision itself builds: compilers are cached by relative paths.
    build = tree / "build/release"
    if not tree.exists():
        draft = where / (revision + ".part")
        run(["rm", "-rf", draft])
        take_out(source, revision, draft)
        draft.rename(tree)
    run(["cmake", "--preset", "release", "-DWSFLEET_BUILD_TESTS=OFF", *cmake_arguments], cwd=tree)
    run(["cmake", "--build", build, "--parallel", "2", "--target", *PROGRAMS])
    link = where / "bin"
    link.unlink(missing_ok=True)
    link.symlink_to(build / "bin")
    return 0


if __name__ == "__main__":
    sys.exit(main())
