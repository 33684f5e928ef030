#!/usr/bin/python3
"""Checks of the source tree that no compiler makes: who may include whom, sizes, and that tests mirror the sources.

    tests/tidy/tidy.py [ROOT]     prints one line for each finding; exit code 1 if there is one

The arrows are those of docs/architecture.md. That they hold for calls too is shown by linking (cmake/WsfleetTargets.cmake);
this shows it for includes, and names the line.
"""

import dataclasses
import pathlib
import re
import sys

MAX_LINES = {".cc": 400, ".h": 150}

# Outside of the C++ library: what a pure folder may not touch, because it is told the time and does no I/O.
IMPURE = {"thread", "mutex", "condition_variable", "fstream", "filesystem", "future", "unistd.h", "poll.h", "signal.h",
          "sys/socket.h", "sys/stat.h", "fcntl.h"}


@dataclasses.dataclass(frozen=True)
class Library:
    folder: str
    may_use: tuple[str, ...]  # names of libraries
    packages: tuple[str, ...]  # first parts of include paths
    tests: str  # its folder below tests
    pure: bool = False


LIBRARIES = {
    "core": Library("core", (), ("absl", "boost/json", "boost/system", "fmt", "re2", "valijson", "yaml-cpp"), "unit/core", pure=True),
    "proto": Library("wsfleet/v1", (), (), ""),  # generated
    "wire": Library("proto/wire", ("core", "proto"), ("absl", "fmt", "google/protobuf", "grpcpp", "openssl"), "unit/wire"),
    "monitoring": Library("monitoring", ("core",), ("absl", "boost/asio", "boost/beast", "boost/system", "fmt", "prometheus"),
                          "unit/monitoring"),
    "secrets": Library("secrets", ("core",), ("absl", "fmt"), "unit/secrets"),
    "engine": Library("agent/engine", ("core",),
                      ("absl", "boost/asio", "boost/beast", "boost/json", "boost/system", "fmt", "openssl", "re2"),
                      "unit/engine"),
    "agent": Library("agent", ("core", "proto", "wire", "monitoring", "secrets", "engine"), ("absl", "boost/asio", "CLI", "fmt", "grpcpp", "openssl", "spdlog"),
                     "unit/agent"),
    "fleet": Library("coordinator/fleet", ("core",), ("absl", "fmt"), "unit/fleet", pure=True),
    "store": Library("coordinator/store", ("core",), ("absl", "boost/json", "fmt", "libpq-fe.h", "sqlite3.h"), "contract"),
    "oidc": Library("coordinator/oidc", ("core",), ("absl", "boost/json", "fmt", "openssl"), "unit/oidc", pure=True),
    "coordinator": Library("coordinator", ("core", "proto", "wire", "monitoring", "secrets", "fleet", "store", "oidc"),
                           ("absl", "boost/asio", "boost/json", "boost/system", "CLI", "curl", "fmt", "grpc", "grpcpp", "openssl",
                            "spdlog"), "unit/coordinator"),
    "cli": Library("cli", ("core", "proto", "wire"), ("absl", "boost/json", "boost/system", "CLI", "fmt", "grpcpp"), "unit/cli"),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
BAD_NAME = re.compile(r"\b(?:class|struct)\s+(\w*(?:Impl|Manager|Util|Utils|Helper))\b")
SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|absl::SleepFor)\s*\(")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b")


def library_of(path: str) -> str | None:
    """The library with the longest folder that holds the path."""
    best = None
    for name, library in LIBRARIES.items():
        if path.startswith(library.folder + "/"):
            if best is None or len(library.folder) > len(LIBRARIES[best].folder):
                best = name
    return best


def is_of_package(include: str, packages: tuple[str, ...]) -> bool:
    return any(include == package or include.startswith(package + "/") for package in packages)


def check_include(own: str, quote: str, include: str) -> str | None:
    library = LIBRARIES[own]
    target = library_of(include)
    if target is not None:
        if target == own or target in library.may_use:
            return None
        return f"{own} may not use {target}: {include}"
    if "/" not in include and quote == "<" and not include.endswith(".h"):
        if library.pure and include in IMPURE:
            return f"{own} is pure and may not include <{include}>"
        return None  # the C++ library
    if quote == '"' or include == "sqlite3.h" or include.startswith("openssl/"):
        if is_of_package(include, library.packages):
            return None
        return f"{own} may not use the package of {include}"
    if library.pure and include in IMPURE:
        return f"{own} is pure and may not include <{include}>"
    return None


def check_source(path: str, text: str) -> list[str]:
    findings = []
    lines = text.splitlines()
    limit = MAX_LINES[pathlib.PurePath(path).suffix]
    if len(lines) > limit:
        findings.append(f"{path}:{limit + 1}: {len(lines)} lines; at most {limit}: it holds two ideas")
    own = library_of(path)
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if found and own is not None:
            problem = check_include(own, found.group(1), found.group(2))
            if problem:
                findings.append(f"{path}:{number}: {problem}")
        name = BAD_NAME.search(line)
        if name:
            findings.append(f"{path}:{number}: a name that says nothing: {name.group(1)}")
        if own is not None and SLEEP.search(line):
            findings.append(f"{path}:{number}: a sleep where an event belongs")
        if UNFINISHED.search(line):
            findings.append(f"{path}:{number}: unfinished")
    if path.endswith(".h") and "#pragma once" not in text:
        findings.append(f"{path}:1: #pragma once is missing")
    return findings


def check_mirror(sources: set[str], tests: set[str]) -> list[str]:
    """Every library has tests, and every folder of tests/unit stands for a folder of sources."""
    findings = []
    folders = {str(pathlib.PurePosixPath(source).parent) for source in sources}
    by_tests = {library.tests: library for library in LIBRARIES.values() if library.tests}
    for name, library in LIBRARIES.items():
        if library.tests and not any(test.startswith(f"tests/{library.tests}/") for test in tests):
            findings.append(f"tests/{library.tests}: {name} has no tests")
    for test in sorted(test for test in tests if test.startswith("tests/unit/")):
        parts = pathlib.PurePosixPath(test).parts  # tests, unit, LIBRARY, …, FILE
        library = by_tests.get(f"unit/{parts[2]}")
        if library is None:
            findings.append(f"{test}:1: there is no library {parts[2]}")
            continue
        folder = "/".join((library.folder,) + parts[3:-1])
        if folder not in folders:
            findings.append(f"{test}:1: mirrors no folder of sources: {folder}")
    return findings


def check_built(sources: set[str], lists: dict[str, str]) -> list[str]:
    """Each .cc is named by a CMakeLists.txt at or above its folder (`lists`: folder to text). One that is not would never run."""
    findings = []
    for source in sorted(sources):
        path = pathlib.PurePosixPath(source)
        named = any(re.search(rf"(?<![\w/.]){re.escape(path.relative_to(folder).as_posix())}(?![\w.])",
                              lists.get(folder.as_posix(), "")) for folder in path.parents)
        if not named:
            findings.append(f"{source}:1: no CMakeLists.txt at or above its folder names it")
    return findings


def check_tree(root: pathlib.Path) -> list[str]:
    findings, sources, tests, built = [], set(), set(), set()
    lists = {}
    for top in ("core", "proto", "monitoring", "secrets", "agent", "coordinator", "cli", "packaging", "tests"):
        for file in sorted((root / top).rglob("*")):
            path = file.relative_to(root).as_posix()
            if file.name == "CMakeLists.txt":
                lists[str(pathlib.PurePosixPath(path).parent)] = file.read_text(encoding="utf-8")
            if path.endswith(".cc"):
                built.add(path)
            if file.suffix not in MAX_LINES:
                continue
            findings += check_source(path, file.read_text(encoding="utf-8"))
            if path.endswith("_test.cc"):
                tests.add(path)
            elif not path.startswith("tests/"):
                sources.add(path)
    return findings + check_mirror(sources, tests) + check_built(built, lists)


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    findings = check_tree(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
