#!/usr/bin/python3
"""Values that cannot work are refused, with words that say why; and the schema is closed everywhere."""

import json
import unittest

import yaml

from chart import CHART, Refused, render, render_text

AGENTS = "agents.enabled=true,agents.regions.eu-west-1.existingSecret=join"
ALONE = "coordinator.enabled=false,agents.enabled=true,agents.regions.eu-west-1.existingSecret=join"
POSTGRES = ("coordinator.store.type=postgres,coordinator.tls.mode=existingSecret,coordinator.tls.existingSecret=t,"
            "coordinator.store.postgres.hosts={pg:5432},coordinator.store.postgres.existingSecret=p,"
            "coordinator.store.postgres.keySecret=k,coordinator.store.postgres.caSecret=c")

# Values for --set, and what the refusal says. By the schema: what a value may be.
BY_SCHEMA = [
    ("coordinater.enabled=true", "Additional property coordinater is not allowed"),
    ("coordinator.replica=2", "Additional property replica is not allowed"),
    ("coordinator.store.postgres.password=hunter2", "Additional property password is not allowed"),
    ("coordinator.clientToken.token=hunter2", "Additional property token is not allowed"),
    ("coordinator.clientToken.existingSecret=", "coordinator.clientToken.existingSecret: Does not match pattern"),
    ("coordinator.replicas=-1", "coordinator.replicas: Must be greater than or equal to 0"),
    ("coordinator.replicas=two", "coordinator.replicas: Invalid type. Expected: integer, given: string"),
    ("coordinator.enabled=yes", "coordinator.enabled: Invalid type. Expected: boolean, given: string"),
    ("coordinator.store.type=mysql", 'coordinator.store.type must be one of the following: "sqlite", "postgres"'),
    ("coordinator.tls.mode=none", 'must be one of the following: "ownCa", "existingSecret", "certManager"'),
    ("coordinator.store.postgres.sslMode=prefer", "coordinator.store.postgres.sslMode must be one of the following"),
    ("coordinator.store.postgres.hosts={db}", "coordinator.store.postgres.hosts.0: Does not match pattern"),
    ("coordinator.store.volume.size=10", "coordinator.store.volume.size: Invalid type. Expected: string, given: integer"),
    ("coordinator.store.volume.accessMode=ReadWriteMany", "coordinator.store.volume.accessMode must be one of"),
    ("coordinator.keep=90", "coordinator.keep: Invalid type. Expected: string, given: integer"),
    ("coordinator.leaseTime=90", "coordinator.leaseTime: Invalid type. Expected: string, given: integer"),
    ("coordinator.leaseTime=999ms", "coordinator.leaseTime: Does not match pattern"),
    ("coordinator.leaseTime=2h", "coordinator.leaseTime: Does not match pattern"),
    ("coordinator.leaseTime=3601s", "coordinator.leaseTime: Does not match pattern"),
    ("coordinator.keep=9999999d", "coordinator.keep: Does not match pattern"),
    ("coordinator.keep=36501d", "coordinator.keep: Does not match pattern"),
    ("coordinator.maxAttempts=0", "coordinator.maxAttempts: Must be greater than or equal to 1"),
    ("coordinator.services.agents.type=ExternalName", "coordinator.services.agents.type must be one of"),
    ("coordinator.services.enrolment.type=ClusterIP", "Additional property enrolment is not allowed"),
    ("coordinator.services.console.type=ClusterIP", "Additional property console is not allowed"),
    ("coordinator.extraArgs={-x}", "coordinator.extraArgs.0: Does not match pattern"),
    ("coordinator.evidence.lokiUrls={loki:3100}", "coordinator.evidence.lokiUrls.0: Does not match pattern"),
    ("coordinator.evidence.lokiUrls={http://loki:\t3100}", "coordinator.evidence.lokiUrls.0: Does not match pattern"),
    ("coordinator.resources.limits.memory=lots", "coordinator.resources.limits.memory: Does not match pattern"),
    ("coordinator.resources.limit.memory=1Gi", "Additional property limit is not allowed"),
    ("coordinator.shutdownSeconds=0", "coordinator.shutdownSeconds: Must be greater than or equal to 10"),
    ("coordinator.advertise.agents=host", "coordinator.advertise.agents: Does not match pattern"),
    ("agents.regions.EU_West={}", "agents.regions: Property name of \"EU_West\" does not match"),
    ("agents.regions.eu-west-1.replica=2", "Additional property replica is not allowed"),
    ("agents.regions.eu-west-1.coordinators={a:1}", "Additional property coordinators is not allowed"),
    ("agents.regions={eu-west-1}", "agents.regions: Invalid type. Expected: object, given: array"),
    ("agents.regions.eu-west-1.volume.type=emptyDir", "agents.regions.eu-west-1.volume: size is required"),
    ("agents.coordinators={wsfleet.example.com}", "agents.coordinators.0: Does not match pattern"),
    ("agents.drainSeconds=0", "agents.drainSeconds: Must be greater than or equal to 1"),
    ("agents.maxSessions=1000000", "agents.maxSessions: Must be less than or equal to 100000"),
    ("agents.idPrefix=a/b", "agents.idPrefix: Does not match pattern"),
    ("agents.volume.type=hostPath", 'agents.volume.type must be one of the following: "claim", "emptyDir"'),
    ("agents.labels.a=1", "agents.labels.a: Invalid type. Expected: string, given: integer"),
    ("agents.tolerations[0].effect=Never", "agents.tolerations.0.effect must be one of"),
    ("agents.affinity.nodes=x", "Additional property nodes is not allowed"),
    ("image.digest=sha256:abc", "image.digest: Does not match pattern"),
    ("image.pullPolicy=Sometimes", "image.pullPolicy must be one of the following"),
    ("podSecurity.runAsUser=0", "podSecurity.runAsUser: Must be greater than or equal to 1"),
    ("logLevel=verbose", "logLevel must be one of the following"),
    ("fleet=a b", "fleet: Does not match pattern"),
    ("networkPolicy.agents.to[0].ipblock.cidr=10.0.0.0/8", "Additional property ipblock is not allowed"),
    ("networkPolicy.agents.to[0].ipBlock.cidr=10.0.0.0", "networkPolicy.agents.to.0.ipBlock.cidr: Does not match pattern"),
    ("networkPolicy.agents.coordinators={203.0.113.7}", "networkPolicy.agents.coordinators.0: Invalid type. Expected: object"),
    ("networkPolicy.agents.coordinators[0].ipBlock.cidr=10.0.0.0", "networkPolicy.agents.coordinators.0.ipBlock.cidr: Does not match"),
    ("monitoring.serviceMonitor.interval=30", "monitoring.serviceMonitor.interval: Invalid type. Expected: string"),
    ("tests.coordinator=wsfleet", "tests.coordinator: Does not match pattern"),
]

# By templates/_checks.tpl: what goes together.
BY_CHECKS = [
    (AGENTS + ",agents.spoolMib=1000", "agents.regions.eu-west-1: spoolMib is 1000, and volume.size is 1Gi"),
    (AGENTS + ",agents.volume.type=emptyDir,agents.volume.size=200M", "spoolMib is 256, and volume.size is 200M: expected nine"),
    ("coordinator.enabled=false", "coordinator.enabled and agents.enabled are both false: nothing would be installed"),
    ("coordinator.replicas=3", "coordinator.replicas is 3, and store.type sqlite is a file of one coordinator: set replicas to 1"),
    ("coordinator.store.type=postgres", "store.postgres.hosts is empty: expected host:port"),
    ("coordinator.store.type=postgres,coordinator.store.postgres.hosts={pg:5432}", "store.postgres.existingSecret is empty"),
    (f"{POSTGRES},coordinator.store.postgres.keySecret=", "store.postgres.keySecret is empty: expected the name of a Secret with the key secrets.key"),
    (f"{POSTGRES},coordinator.store.postgres.caSecret=", "sslMode is verify-full and caSecret is empty"),
    (f"{POSTGRES},coordinator.tls.mode=ownCa", "tls.mode ownCa keeps its authority on the volume of store.type sqlite"),
    ("coordinator.tls.mode=existingSecret", "tls.existingSecret is empty: expected the name of a Secret with tls.crt, tls.key and ca.crt"),
    ("coordinator.tls.mode=certManager", "coordinator.tls.certManager.issuerRef.name is empty"),
    ("coordinator.tls.mode=certManager,coordinator.tls.certManager.issuerRef.name=ca",
     "this cluster has no cert-manager.io/v1: install cert-manager first"),
    ("coordinator.tls.dnsNames={a.example.com}", "dnsNames goes into the certificate of tls.mode certManager, and tls.mode is ownCa"),
    ("coordinator.advertise.enabled=false", "tls.mode ownCa takes the names of its certificate from advertise"),
    ("coordinator.advertise.agents=$(POD_NAME).a:7420,coordinator.advertise.clients=a:1", "has $(POD_NAME), which is for replicas"),
    (f"{POSTGRES},coordinator.replicas=2,coordinator.advertise.agents=a.example.com:7420,coordinator.advertise.clients=$(POD_NAME).example.com:7421",
     "coordinator.advertise.agents is a.example.com:7420 for all of 2 replicas"),
    (f"{POSTGRES},coordinator.replicas=2,coordinator.advertise.agents=$(POD_NAME).example.com:7420,coordinator.advertise.clients=a.example.com:7421",
     "coordinator.advertise.clients is a.example.com:7421 for all of 2 replicas"),
    ("coordinator.advertise.agents=a:7420", "coordinator.advertise.agents and advertise.clients go together"),
    ("coordinator.services.agents.loadBalancerSourceRanges={10.0.0.0/8}", "services.agents has settings of a load balancer, and its type is ClusterIP"),
    ("agents.enabled=true", "agents.regions is empty: expected at least one"),
    ("agents.enabled=true,agents.regions.eu-west-1.replicas=2", "agents.regions.eu-west-1 has no existingSecret, and identity.mode is joinToken: "
     "expected the name of a Secret with token and ca.crt"),
    ("agents.enabled=true,agents.identity.mode=existingSecret,agents.regions.eu-west-1.replicas=2", "with tls.crt, tls.key and ca.crt"),
    (ALONE, "agents.coordinators is empty and coordinator.enabled is false"),
    (f"{ALONE},agents.coordinators={{c:7420}}", "agents.enrolment is not: identity.mode joinToken needs host:port"),
    (f"{AGENTS},{POSTGRES}", "the coordinator of this release has no authority to enrol with (tls.mode existingSecret)"),
    ("agents.enabled=true,agents.identity.mode=certManager,agents.regions.r.replicas=1", "agents.identity.certManager.issuerRef.name is empty"),
    ("agents.enabled=true,agents.identity.mode=certManager,agents.identity.certManager.issuerRef.name=ca,agents.regions.r.replicas=1",
     "agents.identity.mode is certManager, and this cluster has no cert-manager.io/v1"),
    (f"{AGENTS},fullnameOverride=a23456789-123456789-123456789-123456789,agents.regions.ap-southeast-1.existingSecret=j",
     "agents.regions.ap-southeast-1 makes the name"),
    (f"{AGENTS},agents.regions.eu-west-1.volume.type=emptyDir,agents.regions.eu-west-1.volume.size=1Gi,"
     "agents.regions.eu-west-1.volume.storageClass=fast", "volume.storageClass goes with volume.type claim"),
    ("fullnameOverride=a23456789-123456789-123456789-123456789-1", "has 41 characters: expected 40 at most; set fullnameOverride"),
    ("image.tag=latest", "image.tag is latest, which is another image tomorrow"),
    ("monitoring.serviceMonitor.enabled=true", "this cluster has no monitoring.coreos.com/v1: install the Prometheus operator first"),
    ("monitoring.prometheusRule.enabled=true", "monitoring.prometheusRule.enabled is true"),
    (f"{ALONE},agents.coordinators={{c:7420}},agents.enrolment=c:7423,tests.existingSecret=t", "tests.coordinator is empty"),
]


class BadValues(unittest.TestCase):
    def assert_refused(self, values: str, words: str):
        with self.subTest(values):
            try:
                render("--set", values)
            except Refused as refused:
                self.assertIn(words, str(refused))
            else:
                self.fail("it was rendered")

    def test_are_refused_by_the_schema(self):
        for values, words in BY_SCHEMA:
            self.assert_refused(values, words)

    def test_that_do_not_go_together_are_refused_by_the_chart(self):
        for values, words in BY_CHECKS:
            self.assert_refused(values, words)

    def test_a_release_name_that_is_too_long_is_refused(self):
        with self.assertRaisesRegex(Refused, "expected 40 at most; set fullnameOverride"):
            render_text(release="a-release-name-that-says-far-more-than-one-needs")

    def test_only_those_were_the_reason(self):
        one_name = f"{POSTGRES},coordinator.advertise.agents=a:7420,coordinator.advertise.clients=a:7421"
        for values in (AGENTS, POSTGRES, f"{ALONE},agents.coordinators={{c:7420}},agents.enrolment=c:7423",
                       one_name, f"{one_name},coordinator.replicas=2,coordinator.advertise.enabled=false"):
            with self.subTest(values):
                self.assertTrue(render("--set", values))


def objects_in(schema, path: str = ""):
    """Every schema of an object, with where it stands."""
    if isinstance(schema, list):
        for index, each in enumerate(schema):
            yield from objects_in(each, f"{path}/{index}")
    elif isinstance(schema, dict):
        if schema.get("type") == "object" or "properties" in schema and not path.endswith("/properties"):
            yield path, schema
        for key, value in schema.items():
            yield from objects_in(value, f"{path}/{key}")


class Schema(unittest.TestCase):
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

    def test_is_closed_everywhere(self):
        found = dict(objects_in(self.schema))
        self.assertGreater(len(found), 40)
        # Maps from names of the user's have a schema for each value instead.
        open_ones = [path for path, each in found.items()
                     if each.get("additionalProperties") is not False and not isinstance(each.get("additionalProperties"), dict)]
        self.assertEqual(open_ones, [])

    def resolved(self, schema: dict) -> dict:
        return self.schema["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def assert_same_keys(self, schema: dict, values: dict, path: str):
        known = {key for key in schema["properties"] if (path, key) != ("", "global")}
        self.assertEqual(known, set(values), f"values.yaml and the schema differ at {path or 'the top'}")
        for key, value in values.items():
            inner = self.resolved(schema["properties"][key])
            # Left out on purpose: maps of the user's, and objects that are empty by default.
            if isinstance(value, dict) and value and "properties" in inner and key not in ("requests", "limits"):
                self.assert_same_keys(inner, value, f"{path}.{key}")

    def test_has_the_keys_of_the_values_file_and_no_others(self):
        self.assert_same_keys(self.schema, self.values, "")

    def test_a_region_has_the_keys_that_stand_under_agents(self):
        agents, region = (set(self.schema["definitions"][name]["properties"]) for name in ("agents", "region"))
        self.assertEqual(agents - region, {"enabled", "coordinators", "enrolment", "idPrefix", "identity", "regions"})
        self.assertEqual(region - agents, set())


if __name__ == "__main__":
    unittest.main()
