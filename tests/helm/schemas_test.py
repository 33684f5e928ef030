#!/usr/bin/python3
"""The chart's objects against the schemas of Kubernetes, cert-manager and the Prometheus operator."""

import copy
import json
import tempfile
import unittest

import yaml

import kubernetes_schemas
from chart import CHART, SETS, of_kind, render, render_set


class Objects(unittest.TestCase):
    def test_are_what_their_kinds_say_they_are(self):
        kinds = set()
        for values in SETS:
            with self.subTest(values.name):
                objects = render_set(values)
                kinds |= {(each["apiVersion"], each["kind"]) for each in objects}
                self.assertEqual([finding for each in objects for finding in kubernetes_schemas.findings_of(each)], [])
        self.assertEqual(kinds, set(kubernetes_schemas.KINDS), "kinds that no set of values shows")


class Names(unittest.TestCase):
    """Those that values give, which may be what YAML takes for something else."""

    NAMED = ("priorityClassName", "existingSecret", "existingConfigMap", "existingClaim", "keySecret", "caSecret", "storageClass",
             "loadBalancerClass", "fullnameOverride", "name")

    def renamed(self, values, name: str, inside: str = ""):
        """With that name wherever a name of an object stands."""
        if isinstance(values, dict):
            return {key: name if key in self.NAMED and isinstance(value, str) and value else
                    self.renamed(value, name, key) for key, value in values.items()}
        return [name] if values and inside in ("secretMounts", "pullSecrets") else values

    def test_stay_texts(self):
        for values in SETS:
            given = yaml.safe_load(values.read_text(encoding="utf-8")) or {}
            given.setdefault("coordinator", {}).setdefault("clientToken", {"existingSecret": "x"})
            for name in ("1234", "true"):
                with self.subTest(f"{values.name}, {name}"), tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
                    changed = {**self.renamed(given, name), "fullnameOverride": name}
                    file.write(json.dumps(changed))
                    file.flush()
                    objects = render("--values", file.name, "--set", "checkApis=false")
                    self.assertEqual([finding for each in objects for finding in kubernetes_schemas.findings_of(each)], [])


class Schemas(unittest.TestCase):
    """That they find what an API server refuses."""

    def assert_found(self, words: str, kind: str, change):
        objects = copy.deepcopy(render_set(CHART / "ci/everything-values.yaml"))
        each = of_kind(objects, kind)[0]
        self.assertEqual(kubernetes_schemas.findings_of(each), [])
        change(each)
        findings = kubernetes_schemas.findings_of(each)
        self.assertTrue(any(words in finding for finding in findings), f"{words!r} is not among {findings}")

    def test_a_field_that_does_not_exist(self):
        pod = lambda each: each["spec"]["template"]["spec"]  # noqa: E731
        for change in (lambda each: each["spec"].update(replica=1), lambda each: each["metadata"].update(label={}),
                       lambda each: pod(each)["containers"][0].update(readiness={}),
                       lambda each: pod(each)["volumes"][1]["secret"].update(mode=1),
                       lambda each: pod(each)["containers"][0]["livenessProbe"]["httpGet"].update(url="/")):
            self.assert_found("Additional properties are not allowed", "StatefulSet", lambda each, change=change: change(each))
        self.assert_found("Additional properties are not allowed", "ServiceMonitor", lambda each: each["spec"]["endpoints"][0].update(url="/"))

    def test_a_value_of_the_wrong_type(self):
        self.assert_found("is not of type 'integer'", "StatefulSet", lambda each: each["spec"].update(replicas="1"))
        self.assert_found("is not of type 'string'", "StatefulSet", lambda each: each["metadata"]["labels"].update(a=1))
        self.assert_found("None is not of type", "Service", lambda each: each["spec"].update(selector=None))

    def test_a_quantity_that_is_none(self):
        self.assert_found("not valid under any of the given schemas", "StatefulSet", lambda each: each["spec"][
            "volumeClaimTemplates"][0]["spec"]["resources"]["requests"].update(storage="10 GB"))

    def test_what_is_missing(self):
        self.assert_found("'selector' is a required property", "StatefulSet", lambda each: each["spec"].pop("selector"))

    def test_a_kind_of_an_old_version(self):
        self.assert_found("no schema of this kind", "NetworkPolicy", lambda each: each.update(apiVersion="extensions/v1beta1"))


if __name__ == "__main__":
    unittest.main()
