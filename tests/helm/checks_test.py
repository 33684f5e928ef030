#!/usr/bin/python3
"""That checks.py finds what it is there to find: each of its rules is broken once, in objects that it has nothing against."""

import copy
import unittest
from collections.abc import Callable

import checks
from chart import CHART, of_kind, render_set


def objects_of(name: str) -> list[dict]:
    return copy.deepcopy(render_set(CHART / f"ci/{name}-values.yaml"))


def one(objects: list[dict], kind: str, name: str = "") -> dict:
    return next(each for each in of_kind(objects, kind) if each["metadata"]["name"].endswith(name))


def agent(objects: list[dict]) -> dict:
    """The StatefulSet of a region with two agents."""
    return one(objects, "StatefulSet", "agent-eu-west-1")


def pod(objects: list[dict]) -> dict:
    return agent(objects)["spec"]["template"]["spec"]


def container(objects: list[dict]) -> dict:
    return pod(objects)["containers"][0]


def replace_flag(objects: list[dict], name: str, value: str):
    arguments = container(objects)["args"]
    arguments[:] = [f"{name}={value}" if each.startswith(name + "=") else each for each in arguments]


class Breaks(unittest.TestCase):
    def assert_found(self, words: str, change: Callable[[list[dict]], object], values: str = "one-cluster"):
        objects = objects_of(values)
        self.assertEqual(checks.findings_of(objects), [])
        change(objects)
        findings = checks.findings_of(objects)
        self.assertTrue(any(words in finding for finding in findings), f"{words!r} is not among {findings}")

    def test_names(self):
        self.assert_found("check_names", lambda o: agent(o)["metadata"].update(name="a" * 53))
        self.assert_found("twice", lambda o: o.append(copy.deepcopy(agent(o))))
        self.assert_found("labels ['helm.sh/chart'] are missing", lambda o: agent(o)["metadata"]["labels"].pop("helm.sh/chart"))

    def test_pod_security(self):
        context = lambda o: pod(o)["securityContext"]  # noqa: E731
        self.assert_found("expected runAsNonRoot", lambda o: context(o).pop("runAsNonRoot"))
        self.assert_found("expected no runAsUser: 0", lambda o: context(o).update(runAsUser=0))
        self.assert_found("expected seccomp", lambda o: context(o).pop("seccompProfile"))
        self.assert_found("expected automount", lambda o: pod(o).pop("automountServiceAccountToken"))
        self.assert_found("expected automount", lambda o: one(o, "ServiceAccount").pop("automountServiceAccountToken"))
        self.assert_found("expected enableServiceLinks", lambda o: pod(o).pop("enableServiceLinks"))
        self.assert_found("namespaces of the host", lambda o: pod(o).update(hostNetwork=True))
        self.assert_found("paths of the host", lambda o: pod(o)["volumes"].append({"name": "h", "hostPath": {"path": "/"}}))

    def test_container_security(self):
        context = lambda o: container(o)["securityContext"]  # noqa: E731
        self.assert_found("allowPrivilegeEscalation", lambda o: context(o).pop("allowPrivilegeEscalation"))
        self.assert_found("readOnlyRootFilesystem", lambda o: context(o).update(readOnlyRootFilesystem=False))
        self.assert_found("drop: [ALL]", lambda o: context(o)["capabilities"].update(add=["NET_RAW"]))
        self.assert_found("no privileged", lambda o: context(o).update(privileged=True))
        self.assert_found("runAsUser not 0", lambda o: context(o).update(runAsUser=0))
        self.assert_found("drop: [ALL]", lambda o: one(o, "Pod")["spec"]["containers"][0].pop("securityContext"))

    def test_probes(self):
        self.assert_found("livenessProbe", lambda o: container(o)["livenessProbe"]["httpGet"].update(path="/readyz"))
        self.assert_found("startupProbe", lambda o: container(o).pop("startupProbe"))
        self.assert_found("--http-listen", lambda o: replace_flag(o, "--http-listen", "0.0.0.0:9999"))

    def test_selectors(self):
        selector = lambda o: agent(o)["spec"]["selector"]["matchLabels"]  # noqa: E731
        self.assert_found("its selector finds", lambda o: selector(o).pop("wsfleet/region"))
        self.assert_found("its selector finds []", lambda o: selector(o).update({"wsfleet/region": "mars"}))
        self.assert_found("no headless Service", lambda o: agent(o)["spec"].update(serviceName="other"))
        self.assert_found("where nothing may change",
                          lambda o: agent(o)["spec"]["volumeClaimTemplates"][0]["metadata"]["labels"].update({"helm.sh/chart": "x"}))
        spread = lambda o: one(o, "StatefulSet", "coordinator")["spec"]["template"]["spec"]["topologySpreadConstraints"][0]  # noqa: E731
        self.assert_found("spreads other pods", lambda o: spread(o).update(labelSelector={"matchLabels": {}}))
        self.assert_found("selects no pod", lambda o: one(o, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"].update(a="b"),
                          "everything")

    def test_services(self):
        service = lambda o: one(o, "Service", "coordinator-clients")["spec"]  # noqa: E731
        self.assert_found("expected one", lambda o: service(o)["selector"].pop("app.kubernetes.io/component"))
        self.assert_found("leads to None", lambda o: service(o)["ports"][0].update(targetPort="web"))
        monitor = lambda o: one(o, "ServiceMonitor")["spec"]  # noqa: E731
        self.assert_found("expected one for each", lambda o: monitor(o)["selector"]["matchLabels"].pop("wsfleet/metrics"), "everything")
        self.assert_found("has no port web", lambda o: monitor(o)["endpoints"][0].update(port="web"), "everything")

    def test_secrets(self):
        identity = lambda o: next(each for each in pod(o)["volumes"] if each["name"] == "identity")["secret"]  # noqa: E731
        self.assert_found("is optional", lambda o: identity(o).update(optional=False))
        self.assert_found("names no Secret", lambda o: identity(o).update(secretName=""))
        self.assert_found("makes no Secrets", lambda o: o.append({**agent(o), "kind": "Secret"}))
        self.assert_found("not 0440", lambda o: identity(o).update(defaultMode=0o444))

    def test_budgets(self):
        self.assert_found("2 replicas and 0 budgets", lambda o: o.remove(one(o, "PodDisruptionBudget")))
        self.assert_found("1 replicas and 1 budgets", lambda o: agent(o)["spec"].update(replicas=1))
        self.assert_found("maxUnavailable", lambda o: one(o, "PodDisruptionBudget")["spec"].update(maxUnavailable=0))
        self.assert_found("belongs to no StatefulSet",
                          lambda o: o.append({**one(o, "PodDisruptionBudget"), "spec": {"selector": {"matchLabels": {}}}}))

    def test_grace(self):
        self.assert_found("needs 315", lambda o: pod(o).update(terminationGracePeriodSeconds=300))
        self.assert_found("needs 335", lambda o: container(o)["lifecycle"]["preStop"]["exec"]["command"].__setitem__(1, "25")
                          or pod(o).update(terminationGracePeriodSeconds=334))
        self.assert_found("a signal from there", lambda o: container(o)["lifecycle"]["preStop"]["exec"].update(command=["kill", "1"]))

    def test_images(self):
        for image in ("wsfleet", "wsfleet:latest", "registry:5000/wsfleet"):
            self.assert_found("neither a digest nor a version", lambda o, image=image: container(o).update(image=image))

    def test_resources(self):
        self.assert_found("expected requests", lambda o: container(o)["resources"]["limits"].pop("memory"))
        self.assert_found("limit of cpu", lambda o: container(o)["resources"]["limits"].update(cpu=1))

    def test_paths(self):
        self.assert_found("lies on no volume", lambda o: replace_flag(o, "--spool-dir", "/spool"))
        self.assert_found("no file of its Secret", lambda o: replace_flag(o, "--ca", "/etc/wsfleet/identity/other.crt"))
        data = lambda o: next(each for each in container(o)["volumeMounts"] if each["name"] == "data")  # noqa: E731
        self.assert_found("read-only", lambda o: data(o).update(readOnly=True))

    def test_volumes(self):
        self.assert_found("mounted", lambda o: container(o)["volumeMounts"].pop())
        self.assert_found("mounted", lambda o: pod(o)["volumes"].pop())
        self.assert_found("has no limit", lambda o: pod(o)["volumes"][0].update(emptyDir={}))

    def test_arguments(self):
        self.assert_found("stands 2 times", lambda o: container(o)["args"].append("--fleet=other"))
        self.assert_found("is not set", lambda o: container(o).update(env=[]))
        self.assert_found("as the agent's id", lambda o: replace_flag(o, "--id", "agent"))

    def test_certificates(self):
        certificate = lambda o, name: one(o, "Certificate", name)["spec"]  # noqa: E731
        self.assert_found("is not in its certificate", lambda o: certificate(o, "coordinator").update(dnsNames=["a"]), "cert-manager")
        self.assert_found("not for client auth", lambda o: certificate(o, "eu-west-1").update(usages=[]), "cert-manager")
        self.assert_found("nobody mounts", lambda o: certificate(o, "us-east-1").update(secretName="x"), "cert-manager")


if __name__ == "__main__":
    unittest.main()
