"""The built packages, as dpkg-deb sees them."""

import gzip
import pathlib
import re
import shutil
import subprocess

NAMES = ("wsfleet", "wsfleet-coordinator", "wsfleet-agent")
SERVICES = NAMES[1:]
ROOT = pathlib.Path(__file__).parents[2]
# What only predecessors have.
OLD_SETTING = "# A line of the version before.\n"
OLD_FILE = "README.old"


def run(*command: str, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Package:
    def __init__(self, path: pathlib.Path):
        self.path = path

    def field(self, name: str) -> str:
        return run("dpkg-deb", "--field", str(self.path), name).strip()

    def unpack(self, folder: pathlib.Path) -> pathlib.Path:
        """With what is for dpkg in DEBIAN/."""
        run("dpkg-deb", "--raw-extract", str(self.path), str(folder))
        return folder

    def contents(self) -> dict[str, str]:
        """Mode and owner of each path."""
        lines = run("dpkg-deb", "--contents", str(self.path)).splitlines()
        return {line.split(maxsplit=5)[5].removeprefix("."): " ".join(line.split()[:2]) for line in lines}


def find(folder: pathlib.Path) -> dict[str, Package]:
    """By name; one of each."""
    found = {path.name.partition("_")[0]: Package(path) for path in folder.glob("*.deb")}
    if set(found) != set(NAMES):
        raise AssertionError(f"{folder}: expected packages {NAMES}, found {sorted(found)}")
    return found


def pack(build: pathlib.Path, folder: pathlib.Path, **environment: str) -> dict[str, Package]:
    """What cpack makes of a folder with built programs."""
    run("cpack", "--config", str(build / "CPackConfig.cmake"), "-B", str(folder), env=environment or None)
    shutil.rmtree(folder / "_CPack_Packages")
    return find(folder)


def predecessor(package: Package, folder: pathlib.Path) -> Package:
    """The same as a version before: with other settings, and a file that this one has no more."""
    name = package.field("Package")
    tree = package.unpack(folder / name)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 0.0.9-1", control.read_text(encoding="utf-8")), encoding="utf-8")
    (tree / f"usr/share/doc/{name}/{OLD_FILE}").write_text("Yesterday.\n", encoding="utf-8")
    settings = tree / f"etc/default/{name}"
    if settings.exists():
        settings.write_text(settings.read_text(encoding="utf-8") + OLD_SETTING, encoding="utf-8")
    path = folder / f"{name}_0.0.9-1.deb"
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(path))
    return Package(path)


def changelog(tree: pathlib.Path, name: str) -> str:
    return gzip.decompress((tree / f"usr/share/doc/{name}/changelog.Debian.gz").read_bytes()).decode()
