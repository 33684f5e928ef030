#!/usr/bin/python3
"""What the chart renders for each set of values in helm/wsfleet/ci."""

import ipaddress
import re
import shutil
import tempfile
import pathlib
import unittest

import chart
import checks
from chart import CHART, SETS, flags_of, of_kind, render, render_set

OPTIONAL = ("NetworkPolicy", "ServiceMonitor", "PrometheusRule", "Certificate", "HorizontalPodAutoscaler")


def set_of(name: str) -> list[dict]:
    return render_set(CHART / f"ci/{name}-values.yaml")


def container_of(objects: list[dict], name: str) -> dict:
    (each,) = [each for each in of_kind(objects, "StatefulSet") if each["metadata"]["name"] == name]
    return each["spec"]["template"]["spec"]["containers"][0]


def components(objects: list[dict]) -> set[str]:
    return {each["metadata"]["labels"]["app.kubernetes.io/component"] for each in objects}


class EverySet(unittest.TestCase):
    def test_there_are_several(self):
        self.assertGreaterEqual(len(SETS), 6)

    def test_passes_lint(self):
        for values in SETS:
            with self.subTest(values.name):
                done = chart.helm("lint", "--strict", str(CHART), "--values", str(values))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_passes_every_check(self):
        for values in SETS:
            with self.subTest(values.name):
                self.assertEqual(checks.findings_of(render_set(values)), [])

    def test_has_no_blank_lines_in_objects(self):
        # Left over by an include that gave nothing: harmless, until somebody indents it.
        for values in SETS:
            text = re.sub(r"(?m)^kind: ConfigMap.*?^---$", "", chart.render_text("--values", str(values)), flags=re.S)
            with self.subTest(values.name):
                self.assertNotRegex(text, r"(?m)^\s*\n\s+\S")


class Components(unittest.TestCase):
    def test_by_default_there_is_a_coordinator_and_nothing_that_is_off(self):
        objects = set_of("default")
        self.assertEqual(components(objects), {"coordinator", "test"})
        self.assertEqual(of_kind(objects, *OPTIONAL), [])

    def test_agents_stand_alone(self):
        objects = set_of("agents-only")
        self.assertEqual(components(objects), {"agent", "test"})
        flags = flags_of(container_of(objects, "rel-wsfleet-agent-ap-northeast-1"))
        self.assertEqual(flags["--coordinator"], ["wsfleet.example.com:7420"])
        self.assertEqual(flags["--enrol"], ["wsfleet.example.com:7423"])
        self.assertEqual(flags["--id"], ["tokyo-$(POD_NAME)"])

    def test_agents_of_the_same_release_dial_its_services(self):
        objects = set_of("one-cluster")
        services = {each["metadata"]["name"]: each for each in of_kind(objects, "Service")}
        flags = flags_of(container_of(objects, "rel-wsfleet-agent-eu-west-1"))
        for flag in ("--coordinator", "--enrol"):
            host, _, port = flags[flag][0].rpartition(":")
            name, namespace, rest = host.split(".", 2)
            self.assertEqual((namespace, rest), ("fleet", "svc.cluster.local"))
            self.assertIn(port, [str(each["port"]) for each in services[name]["spec"]["ports"]])

    def test_agents_dial_the_names_that_their_own_coordinator_has_in_its_certificate(self):
        flags = flags_of(container_of(set_of("everything"), "rel-probes-agent-1"))
        self.assertEqual(flags["--coordinator"], ["agents.example.com:443"])
        self.assertEqual(flags["--enrol"], ["agents.example.com:7423"])
        variables = {each["name"]: each.get("value") for each in of_kind(set_of("everything"), "Pod")[0]["spec"]["containers"][0]["env"]}
        self.assertEqual(variables["WSFLEET_COORDINATOR"], "wsfleet.example.com:443")

    def test_what_a_region_says_replaces_what_agents_says(self):
        objects = set_of("one-cluster")
        west, east = (container_of(objects, f"rel-wsfleet-agent-{region}") for region in ("eu-west-1", "us-east-1"))
        self.assertEqual(flags_of(west)["--label"], ["network=office"])
        self.assertEqual(flags_of(east)["--label"], ["link=mobile"])
        self.assertEqual(flags_of(east)["--drain-limit"], ["3600s"])
        self.assertIn("lifecycle", west)
        self.assertNotIn("lifecycle", east)
        (south,) = [each for each in of_kind(objects, "StatefulSet") if each["metadata"]["name"].endswith("ap-south-1")]
        self.assertEqual(south["spec"]["replicas"], 0)

    def test_nothing_is_monitored_or_fenced_in_unless_asked_for(self):
        kinds = {each["kind"] for each in set_of("everything")}
        self.assertLessEqual({"NetworkPolicy", "ServiceMonitor", "PrometheusRule"}, kinds)
        self.assertNotIn("HorizontalPodAutoscaler", kinds)

    def test_the_platform_may_choose_the_user(self):
        for pod in checks.pods(set_of("everything")).values():
            self.assertLessEqual(set(pod["spec"]["securityContext"]), {"runAsNonRoot", "seccompProfile"})


class Store(unittest.TestCase):
    def test_sqlite_lies_on_a_claim(self):
        (each,) = of_kind(set_of("default"), "StatefulSet")
        self.assertEqual(each["spec"]["replicas"], 1)
        self.assertEqual(each["spec"]["volumeClaimTemplates"][0]["spec"]["resources"], {"requests": {"storage": "10Gi"}})
        self.assertEqual(flags_of(container_of(set_of("default"), "rel-wsfleet-coordinator"))["--store"],
                         ["/var/lib/wsfleet/wsfleet.db"])

    def test_postgres_takes_its_password_from_a_secret_and_not_from_a_flag(self):
        container = container_of(set_of("postgres"), "probes-coordinator")
        self.assertEqual(flags_of(container)["--store"], [
            "postgres://wsfleet@pg-1.example.com:5432,pg-2.example.com:5432/wsfleet?sslmode=verify-full"
            "&sslrootcert=/etc/wsfleet/postgres/ca.crt&target_session_attrs=read-write"])
        password = {each["name"]: each for each in container["env"]}["PGPASSWORD"]
        self.assertEqual(password["valueFrom"], {"secretKeyRef": {"name": "wsfleet-database", "key": "password"}})
        (each,) = [each for each in of_kind(set_of("postgres"), "StatefulSet") if "coordinator" in each["metadata"]["name"]]
        self.assertNotIn("volumeClaimTemplates", each["spec"])

    def test_files_of_programs_come_from_config_maps(self):
        everything = {each["metadata"]["name"]: each for each in of_kind(set_of("everything"), "StatefulSet")}
        coordinator = {"--oidc": ("oidc", "oidc.yaml", "wsfleet-issuers"), "--fleet-policy": ("policy", "policy.yaml", "wsfleet-policy"),
                       "--secrets": ("secrets-file", "secrets.yaml", "wsfleet-kept")}
        agent = {"--target-policy": ("policy", "policy.yaml", "wsfleet-agents-policy"),
                 "--secrets": ("secrets-file", "secrets.yaml", "wsfleet-agents-kept")}
        for name, files in (("rel-probes-coordinator", coordinator), ("rel-probes-agent-1", agent)):
            pod = everything[name]["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            for flag, (folder, key, config_map) in files.items():
                self.assertEqual(flags_of(container)[flag], [f"/etc/wsfleet/{folder}/{key}"])
                self.assertIn({"name": folder, "mountPath": f"/etc/wsfleet/{folder}", "readOnly": True}, container["volumeMounts"])
                self.assertIn({"name": folder, "configMap": {"name": config_map}}, pod["volumes"])
        for flag in coordinator:
            self.assertNotIn(flag, flags_of(container_of(set_of("default"), "rel-wsfleet-coordinator")))

    def test_replicas_advertise_names_of_their_own(self):
        given = [f"coordinator.{each}" for each in (
            "replicas=2", "store.type=postgres", "store.postgres.hosts={pg:5432}", "store.postgres.existingSecret=p",
            "store.postgres.keySecret=k", "store.postgres.sslMode=require", "tls.mode=certManager", "tls.certManager.issuerRef.name=ca")]
        objects = render("--set", ",".join(given), "--api-versions", "cert-manager.io/v1")
        flags = flags_of(container_of(objects, "rel-wsfleet-coordinator"))
        self.assertEqual(flags["--advertise-agents"], ["$(POD_NAME).rel-wsfleet-coordinator-pods.fleet.svc.cluster.local:7420"])
        self.assertEqual(flags["--advertise-clients"], ["$(POD_NAME).rel-wsfleet-coordinator-pods.fleet.svc.cluster.local:7421"])
        self.assertEqual(checks.findings_of(objects), [])


class AgentsNetwork(unittest.TestCase):
    """Whom agents reach by their NetworkPolicy."""

    METADATA = ipaddress.ip_address("169.254.169.254"), ipaddress.ip_address("fd00:ec2::254")

    def rules(self, name: str, *settings: str) -> list[tuple[set[int], list[dict] | None]]:
        """Ports of each rule, none are all; and its peers, None is everybody."""
        given = ",".join(("networkPolicy.enabled=true", *settings))
        objects = render("--values", str(CHART / f"ci/{name}-values.yaml"), "--set", given)
        (policy,) = [each for each in of_kind(objects, "NetworkPolicy") if each["metadata"]["name"].endswith("-agents")]
        return [({port["port"] for port in rule.get("ports", [])}, rule.get("to")) for rule in policy["spec"]["egress"]]

    def to_coordinator(self, *given) -> list[tuple[set[int], list[dict] | None]]:
        return [(ports, to) for ports, to in self.rules(*given) if ports and ports != {53}]

    def test_leads_to_the_pods_of_a_coordinator_of_the_same_release_and_nowhere_else_at_its_ports(self):
        ((ports, to),) = self.to_coordinator("one-cluster", "networkPolicy.agents.to[0].ipBlock.cidr=203.0.113.0/24")
        self.assertEqual(ports, {7420, 7423})
        ((selector,),) = [list(peer.values()) for peer in to]
        objects = set_of("one-cluster")
        found = [name for name, pod in checks.pods(objects).items()
                 if checks.matches(selector["matchLabels"], pod["metadata"]["labels"])]
        self.assertEqual(found, ["StatefulSet rel-wsfleet-coordinator"])

    def test_leads_to_the_coordinators_that_are_listed(self):
        to = [{"ipBlock": {"cidr": "203.0.113.7/32"}}]
        self.assertEqual(self.to_coordinator("agents-only", "networkPolicy.agents.coordinators[0].ipBlock.cidr=203.0.113.7/32"),
                         [({7420, 7423}, to)])

    def test_leads_to_both_where_the_coordinator_of_the_release_is_dialled_by_a_name_of_outside(self):
        (inside, outside) = self.to_coordinator("everything", "networkPolicy.agents.coordinators[0].ipBlock.cidr=203.0.113.7/32")
        self.assertEqual(inside[0], {7420, 7423})
        self.assertEqual(list(inside[1][0]), ["podSelector"])
        self.assertEqual(outside, ({443, 7423}, [{"ipBlock": {"cidr": "203.0.113.7/32"}}]))
        tls = ("coordinator.tls.mode=existingSecret", "coordinator.tls.existingSecret=t", "agents.identity.mode=existingSecret")
        self.assertEqual([ports for ports, _ in self.to_coordinator("everything", *tls)], [{7420}, {443}],
                         "where one replica sends agents of another")

    def test_leads_to_no_metadata_address_at_any_port_as_it_stands(self):
        for name in ("one-cluster", "agents-only"):
            for ports, to in self.rules(name):
                if ports == {53}:
                    continue
                self.assertIsNotNone(to, f"{name}: {ports} of everybody")
                for block in (peer["ipBlock"] for peer in to if "ipBlock" in peer):
                    for address in self.METADATA:
                        inside = lambda cidr, address=address: address in ipaddress.ip_network(cidr)  # noqa: E731
                        self.assertFalse(inside(block["cidr"]) and not any(map(inside, block["except"])), f"{name}: {address}")


class Notes(unittest.TestCase):
    """helm prints NOTES.txt only where there is a cluster; here it is rendered as the text of an object."""

    def notes(self, *arguments: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "wsfleet"
            shutil.copytree(CHART, copy)
            notes = (copy / "templates/NOTES.txt").read_text(encoding="utf-8")
            (copy / "templates/_notes.tpl").write_text('{{- define "notes" -}}\n' + notes + "{{- end -}}\n", encoding="utf-8")
            (copy / "templates/notes.yaml").write_text(
                'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata:\n  notes: {{ include "notes" . | toJson }}\n',
                encoding="utf-8")
            (each,) = [each for each in render(*arguments, chart=copy) if each["metadata"]["name"] == "notes"]
            return each["data"]["notes"]

    def test_name_objects_that_there_are(self):
        for values in SETS:
            notes, objects = self.notes("--values", str(values)), render_set(values)
            names = {f'{each["kind"].lower()}/{each["metadata"]["name"]}' for each in objects}
            secrets = {volume["secret"]["secretName"] for pod in checks.pods(objects).values()
                       for volume in pod["spec"]["volumes"] if "secret" in volume}
            with self.subTest(values.name):
                self.assertLessEqual(set(re.findall(r"\b(?:statefulset|service)/[\w-]+", notes)), names)
                self.assertLessEqual(set(re.findall(r"get secret ([\w-]+)", notes)), secrets)

    def test_say_what_to_do_first(self):
        self.assertIn("kubectl -n fleet create secret generic wsfleet-client-token", self.notes())
        self.assertIn("wsfleet agents join-token create", self.notes())
        self.assertIn("WARNING: image.repository is still the example's", self.notes())
        self.assertNotIn("WARNING", self.notes("--set", "image.repository=r.example.org/wsfleet"))


class SelfTest(unittest.TestCase):
    def test_is_run_by_helm_test(self):
        (pod,) = of_kind(set_of("one-cluster"), "Pod")
        self.assertEqual(pod["metadata"]["annotations"]["helm.sh/hook"], "test")
        self.assertEqual(pod["spec"]["restartPolicy"], "Never")
        (files,) = [each for each in of_kind(set_of("one-cluster"), "ConfigMap")]
        self.assertEqual(set(files["data"]), {"self-test.sh", "self-echo.wsfleet.yaml"})
        self.assertIn("wsfleet doctor", files["data"]["self-test.sh"])
        self.assertEqual(pod["spec"]["containers"][0]["command"][-1].rpartition("/")[2], "self-test.sh")

    def test_asks_the_fleet_where_it_may(self):
        variables = {each["name"]: each.get("value") for each in of_kind(set_of("one-cluster"), "Pod")[0]["spec"]["containers"][0]["env"]}
        self.assertEqual(variables["WSFLEET_COORDINATOR"], "rel-wsfleet-coordinator-clients.fleet.svc.cluster.local:7421")
        self.assertEqual(variables["SELF_TEST_FROM"], "ap-south-1,eu-west-1,us-east-1")
        self.assertNotIn("WSFLEET_COORDINATOR", str(of_kind(set_of("default"), "Pod")))


if __name__ == "__main__":
    unittest.main()
