"""Objects against the schemas of their kinds, strictly: no field that the schema does not name, no null.

The schemas come from packages that cmake/install-npm-tools.sh fetches; they are of a Kubernetes that is older than most
clusters, so what they accept is no novelty. The files are JavaScript around one JSON text each, and only that is read.
"""

import functools
import json
import pathlib
import re
import warnings

import chart

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import jsonschema

SCHEMA = re.compile(r"^const schema = (\{.*?^\});", re.DOTALL | re.MULTILINE)
NAME = re.compile(r'register\)\("([^"]+)", schema\)')
INTEGERS = {"int32": 2**31, "int64": 2**63}
QUANTITY = r"^[+-]?([0-9]+|[0-9]*\.[0-9]+|[0-9]+\.)(m|k|[KMGTPE]i?|[eE][+-]?[0-9]+)?$"

# Kinds that the chart uses: the name of the schema, or the file that holds it.
KINDS = {
    ("v1", "ConfigMap"): "io.k8s.api.core.v1.ConfigMap",
    ("v1", "Pod"): "io.k8s.api.core.v1.Pod",
    ("v1", "Service"): "io.k8s.api.core.v1.Service",
    ("v1", "ServiceAccount"): "io.k8s.api.core.v1.ServiceAccount",
    ("apps/v1", "StatefulSet"): "io.k8s.api.apps.v1.StatefulSet",
    ("networking.k8s.io/v1", "NetworkPolicy"): "io.k8s.api.networking.v1.NetworkPolicy",
    ("policy/v1", "PodDisruptionBudget"): "io.k8s.api.policy.v1.PodDisruptionBudget",
    ("cert-manager.io/v1", "Certificate"): "kubernetes-models/cert-manager-*/cert-manager.io/v1/Certificate.js",
    ("monitoring.coreos.com/v1", "PrometheusRule"): "kubernetes-models/prometheus-operator-*/monitoring.coreos.com/v1/PrometheusRule.js",
    ("monitoring.coreos.com/v1", "ServiceMonitor"): "kubernetes-models/prometheus-operator-*/monitoring.coreos.com/v1/ServiceMonitor.js",
}


def read(file: pathlib.Path) -> tuple[str, dict]:
    text = file.read_text(encoding="utf-8")
    schema, name = SCHEMA.search(text), NAME.search(text)
    return name.group(1) if name else "", json.loads(schema.group(1)) if schema else {}


def strict(schema):
    """As it is, but closed: only what it names, and no nulls, which the packages' own users may write."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f'#/definitions/{schema["$ref"].removesuffix("#")}'}
    # "This or null" is this.
    if list(schema) == ["oneOf"] and {"type": "null"} in schema["oneOf"]:
        (only,) = [each for each in schema["oneOf"] if each != {"type": "null"}]
        return strict(only)
    closed = {}
    for key, value in schema.items():
        # What stands under `properties` is named by Kubernetes, and is no keyword even where it looks like one.
        closed[key] = {name: strict(each) for name, each in value.items()} if key == "properties" else strict(value)
    if "properties" in schema and "additionalProperties" not in schema:
        closed["additionalProperties"] = False
    if schema.get("format") in INTEGERS:
        closed |= {"minimum": -INTEGERS[schema["format"]], "maximum": INTEGERS[schema["format"]] - 1}
    if schema.get("format") == "quantity":
        closed["pattern"] = QUANTITY
    return closed


@functools.lru_cache
def definitions() -> dict[str, dict]:
    found = {}
    for folder in ("kubernetes-models-[0-9]*/_schemas", "kubernetes-models/apimachinery-*/_schemas"):
        for file in chart.tool(folder).glob("*.js"):
            name, schema = read(file)
            if name:
                found[name] = strict(schema)
    return found


@functools.lru_cache
def validator(version: str, kind: str):
    source = KINDS[(version, kind)]
    schema = strict(read(chart.tool(source))[1]) if source.endswith(".js") else definitions()[source]
    return jsonschema.Draft7Validator({**schema, "definitions": definitions()})


def findings_of(each: dict) -> list[str]:
    identity = (each.get("apiVersion"), each.get("kind"))
    if identity not in KINDS:
        return [f"{identity}: no schema of this kind; add it to KINDS if the version is current"]
    return [f'{chart.name_of(each)}: {".".join(map(str, error.absolute_path))}: {error.message}'
            for error in validator(*identity).iter_errors(each)]
