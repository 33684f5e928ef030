"""What holds for the chart's objects, whatever the values. Each check takes all objects of a release and returns findings.

checks_test.py breaks each of them once.
"""

import re
from collections.abc import Iterator

from chart import flags_of, name_of, of_kind, pod_of

LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/component",
          "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by", "helm.sh/chart")
CHANGING_LABELS = {"app.kubernetes.io/version", "helm.sh/chart", "app.kubernetes.io/managed-by"}
REPEATABLE = {"--label", "--tls-name", "--evidence-file", "--evidence-loki"}
# Flags whose value is a path that the program writes to, and that it reads.
WRITTEN = {"--store", "--state-dir", "--spool-dir", "--identity-dir"}
READ = {"--tls-cert", "--tls-key", "--tls-ca", "--client-token-file", "--ca", "--cert", "--key", "--join-token-file"}


def containers(objects: list[dict]) -> Iterator[tuple[str, dict, dict]]:
    """Name for findings, pod, container."""
    for each in objects:
        pod = pod_of(each)
        if pod is not None:
            spec = pod["spec"]
            for container in spec.get("initContainers", []) + spec["containers"]:
                yield f'{name_of(each)}, {container["name"]}', pod, container


def matches(selector: dict, labels: dict) -> bool:
    return all(labels.get(key) == value for key, value in selector.items())


def pods(objects: list[dict]) -> dict[str, dict]:
    return {name_of(each): pod_of(each) for each in objects if pod_of(each) is not None}


def check_names(objects: list[dict]) -> list[str]:
    findings, seen = [], set()
    for each in objects:
        name = each["metadata"]["name"]
        # 52: the hash of a revision comes behind a StatefulSet's name, in a label.
        limit = {"StatefulSet": 52, "Service": 63}.get(each["kind"], 253)
        if len(name) > limit:
            findings.append(f"{name_of(each)}: {len(name)} characters, at most {limit}")
        if name_of(each) in seen:
            findings.append(f"{name_of(each)}: twice")
        seen.add(name_of(each))
        missing = [label for label in LABELS if not each["metadata"].get("labels", {}).get(label)]
        if missing:
            findings.append(f"{name_of(each)}: labels {missing} are missing")
    return findings


def check_pod_security(objects: list[dict]) -> list[str]:
    findings = []
    for name, pod in pods(objects).items():
        spec, context = pod["spec"], pod["spec"].get("securityContext", {})
        wanted = {
            "runAsNonRoot: true": context.get("runAsNonRoot") is True,
            "no runAsUser: 0": context.get("runAsUser", 1) != 0,
            "seccomp RuntimeDefault": context.get("seccompProfile") == {"type": "RuntimeDefault"},
            "automountServiceAccountToken: false": spec.get("automountServiceAccountToken") is False,
            "enableServiceLinks: false": spec.get("enableServiceLinks") is False,
            "no namespaces of the host": not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")),
            "no paths of the host": not any("hostPath" in volume for volume in spec.get("volumes", [])),
        }
        findings += [f"{name}: expected {what}" for what, holds in wanted.items() if not holds]
    for name, _, container in containers(objects):
        context = container.get("securityContext", {})
        wanted = {
            "allowPrivilegeEscalation: false": context.get("allowPrivilegeEscalation") is False,
            "readOnlyRootFilesystem: true": context.get("readOnlyRootFilesystem") is True,
            "drop: [ALL], nothing added": context.get("capabilities") == {"drop": ["ALL"]},
            "no privileged": not context.get("privileged"),
            "runAsNonRoot not false, runAsUser not 0": context.get("runAsNonRoot", True) and context.get("runAsUser", 1) != 0,
        }
        findings += [f"{name}: expected {what}" for what, holds in wanted.items() if not holds]
    for account in of_kind(objects, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            findings.append(f"{name_of(account)}: expected automountServiceAccountToken: false")
    return findings


def check_probes(objects: list[dict]) -> list[str]:
    """On the plain health port. Liveness must not ask for what the coordinator's absence changes, which /readyz does."""
    findings = []
    for each in of_kind(objects, "StatefulSet"):
        container = each["spec"]["template"]["spec"]["containers"][0]
        for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            if container.get(probe, {}).get("httpGet") != {"path": path, "port": "http"}:
                findings.append(f"{name_of(each)}: expected {probe} to get {path} from port http")
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        listens = flags_of(container).get("--http-listen", [""])[0]
        if not listens.endswith(f':{ports.get("http")}'):
            findings.append(f'{name_of(each)}: probes ask port {ports.get("http")}, --http-listen={listens}')
    return findings


def check_selectors(objects: list[dict]) -> list[str]:
    """Each selector finds the pods that it is for, and no others."""
    findings = []
    every = pods(objects)
    for each in of_kind(objects, "StatefulSet"):
        selector = each["spec"]["selector"]["matchLabels"]
        found = [name for name, pod in every.items() if matches(selector, pod["metadata"]["labels"])]
        if found != [name_of(each)]:
            findings.append(f"{name_of(each)}: its selector finds {found}")
        spreads = each["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
        if any(spread["labelSelector"]["matchLabels"] != selector for spread in spreads):
            findings.append(f"{name_of(each)}: spreads other pods than its own")
        for template in each["spec"].get("volumeClaimTemplates", []):
            changing = CHANGING_LABELS & (set(selector) | set(template["metadata"]["labels"]))
            if changing:
                findings.append(f"{name_of(each)}: {sorted(changing)} stand where nothing may change")
        services = {service["metadata"]["name"]: service for service in of_kind(objects, "Service")}
        governing = services.get(each["spec"]["serviceName"])
        if governing is None or governing["spec"].get("clusterIP") != "None" or governing["spec"]["selector"] != selector:
            findings.append(f"{name_of(each)}: serviceName names no headless Service of its pods")
    for policy in of_kind(objects, "NetworkPolicy"):
        if not any(matches(policy["spec"]["podSelector"]["matchLabels"], pod["metadata"]["labels"]) for pod in every.values()):
            findings.append(f"{name_of(policy)}: selects no pod")
    return findings


def check_services(objects: list[dict]) -> list[str]:
    findings = []
    for service in of_kind(objects, "Service"):
        selector = service["spec"]["selector"]
        found = [pod for pod in pods(objects).values() if matches(selector, pod["metadata"]["labels"])]
        if len(found) != 1:
            findings.append(f"{name_of(service)}: selects pods of {len(found)} objects, expected one")
            continue
        ports = {port["name"]: port["containerPort"] for port in found[0]["spec"]["containers"][0]["ports"]}
        for port in service["spec"]["ports"]:
            if ports.get(port["targetPort"]) != port["port"]:
                findings.append(f'{name_of(service)}: port {port["name"]} leads to {ports.get(port["targetPort"])}')
    for monitor in of_kind(objects, "ServiceMonitor"):
        selector = monitor["spec"]["selector"]["matchLabels"]
        found = [service for service in of_kind(objects, "Service") if matches(selector, service["metadata"]["labels"])]
        if len(found) != len(of_kind(objects, "StatefulSet")):
            findings.append(f"{name_of(monitor)}: finds {len(found)} Services, expected one for each StatefulSet")
        for endpoint in monitor["spec"]["endpoints"]:
            if any(endpoint["port"] not in [port["name"] for port in service["spec"]["ports"]] for service in found):
                findings.append(f'{name_of(monitor)}: a Service has no port {endpoint["port"]}')
    return findings


def check_secrets(objects: list[dict]) -> list[str]:
    """Secrets are named, never optional, never made here; a key is mounted under its own name."""
    findings = [f"{name_of(each)}: the chart makes no Secrets" for each in of_kind(objects, "Secret")]

    def walk(name: str, value, path: str):
        if isinstance(value, dict):
            if "optional" in value:
                findings.append(f"{name}: {path} is optional")
            if path.endswith(("secret", "secretKeyRef")) and not (value.get("secretName") or value.get("name")):
                findings.append(f"{name}: {path} names no Secret")
            for key, inner in value.items():
                walk(name, inner, f"{path}.{key}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                walk(name, inner, f"{path}.{index}")

    for each in objects:
        walk(name_of(each), each.get("spec", {}), "spec")
    return findings


def check_budgets(objects: list[dict]) -> list[str]:
    """A budget of one pod would keep its node from being drained; without one, a drain takes all at once."""
    findings = []
    budgets = of_kind(objects, "PodDisruptionBudget")
    for each in of_kind(objects, "StatefulSet"):
        selector = each["spec"]["selector"]["matchLabels"]
        own = [budget for budget in budgets if budget["spec"]["selector"]["matchLabels"] == selector]
        expected = 1 if each["spec"]["replicas"] > 1 else 0
        if len(own) != expected:
            findings.append(f'{name_of(each)}: {each["spec"]["replicas"]} replicas and {len(own)} budgets')
        if any(budget["spec"].get("maxUnavailable") != 1 for budget in own):
            findings.append(f"{name_of(each)}: expected maxUnavailable: 1")
    if len(budgets) != sum(each["spec"]["replicas"] > 1 for each in of_kind(objects, "StatefulSet")):
        findings.append("a budget belongs to no StatefulSet")
    return findings


def check_grace(objects: list[dict]) -> list[str]:
    """Nobody is killed while the drain or the last commit may still take its time."""
    findings = []
    for each in of_kind(objects, "StatefulSet"):
        spec = each["spec"]["template"]["spec"]
        container = spec["containers"][0]
        command = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["/bin/sleep", "0"])
        if command[0] != "/bin/sleep":
            findings.append(f"{name_of(each)}: preStop is {command}; a signal from there would be the first of two")
            continue
        drain = int(flags_of(container).get("--drain-limit", ["0s"])[0].removesuffix("s"))
        needed = int(command[1]) + drain + 10
        if spec["terminationGracePeriodSeconds"] < needed:
            findings.append(f'{name_of(each)}: grace of {spec["terminationGracePeriodSeconds"]} s, needs {needed}')
    return findings


def check_images(objects: list[dict]) -> list[str]:
    findings = []
    for name, _, container in containers(objects):
        image = container["image"]
        if not re.search(r"(@sha256:[0-9a-f]{64}|:[\w.-]+)$", image) or image.endswith(":latest"):
            findings.append(f"{name}: {image} is neither a digest nor a version")
    return findings


def check_resources(objects: list[dict]) -> list[str]:
    findings = []
    for name, _, container in containers(objects):
        resources = container.get("resources", {})
        if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
            findings.append(f"{name}: expected requests of cpu and memory, and a limit of memory")
        if container["name"] == "agent" and "cpu" in resources.get("limits", {}):
            findings.append(f"{name}: a limit of cpu is measured as latency of the target")
    return findings


def mount_of(path: str, container: dict) -> dict | None:
    below = [mount for mount in container.get("volumeMounts", []) if f"{path}/".startswith(mount["mountPath"] + "/")]
    return max(below, key=lambda mount: len(mount["mountPath"]), default=None)


def check_paths(objects: list[dict]) -> list[str]:
    """What a flag names is mounted, and what is written lies on a volume that can be written."""
    findings = []
    for name, pod, container in containers(objects):
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
        for flag, values in flags_of(container).items():
            for path in (value for value in values if value.startswith("/")):
                mount = mount_of(path, container)
                if mount is None:
                    findings.append(f"{name}: {flag}={path} lies on no volume")
                elif flag in READ:
                    items = volumes.get(mount["name"], {}).get("secret", {}).get("items", [])
                    if path.removeprefix(mount["mountPath"] + "/") not in [item["path"] for item in items]:
                        findings.append(f"{name}: {flag}={path} is no file of its Secret")
                elif flag in WRITTEN and mount.get("readOnly") and "secret" not in volumes.get(mount["name"], {}):
                    findings.append(f"{name}: {flag}={path} lies on a volume that is read-only")
    return findings


def check_volumes(objects: list[dict]) -> list[str]:
    """Each mount has its volume, each volume is mounted; the files of Secrets are for the pod's group."""
    findings = []
    for each in objects:
        pod = pod_of(each)
        if pod is None:
            continue
        volumes = [volume["name"] for volume in pod["spec"].get("volumes", [])]
        claims = [claim["metadata"]["name"] for claim in each["spec"].get("volumeClaimTemplates", [])]
        mounted = {mount["name"] for container in pod["spec"]["containers"] for mount in container.get("volumeMounts", [])}
        if sorted(volumes + claims) != sorted(mounted):
            findings.append(f"{name_of(each)}: volumes {sorted(volumes + claims)}, mounted {sorted(mounted)}")
        for volume in pod["spec"].get("volumes", []):
            if "secret" in volume and volume["secret"].get("defaultMode") != 0o440:
                findings.append(f'{name_of(each)}: files of {volume["name"]} are not 0440')
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                findings.append(f'{name_of(each)}: {volume["name"]} has no limit')
    return findings


def check_arguments(objects: list[dict]) -> list[str]:
    """Flags stand once, unless they may be repeated, and the variables in them are set."""
    findings = []
    for name, _, container in containers(objects):
        for flag, values in flags_of(container).items():
            if len(values) > 1 and flag not in REPEATABLE:
                findings.append(f"{name}: {flag} stands {len(values)} times")
        variables = {variable["name"] for variable in container.get("env", [])}
        used = set(re.findall(r"\$\((\w+)\)", " ".join(container.get("args", []))))
        if used - variables:
            findings.append(f"{name}: {sorted(used - variables)} is not set")
    for name, _, container in containers(of_kind(objects, "StatefulSet")):
        if container["name"] == "agent" and not flags_of(container)["--id"][0].endswith("$(POD_NAME)"):
            findings.append(f"{name}: expected the pod's name as the agent's id")
    return findings


def covers(names: list[str], host: str) -> bool:
    return host in names or "*." + host.partition(".")[2] in names


def check_certificates(objects: list[dict]) -> list[str]:
    """A Certificate makes the Secret that is mounted, and holds the names by which its owner is dialled."""
    findings = []
    certificates = {each["spec"]["secretName"]: each for each in of_kind(objects, "Certificate")}
    used = set()
    for name, pod, container in containers(of_kind(objects, "StatefulSet")):
        for volume in pod["spec"]["volumes"]:
            certificate = certificates.get(volume.get("secret", {}).get("secretName"))
            if certificate is None:
                continue
            used.add(certificate["spec"]["secretName"])
            purpose = "client auth" if container["name"] == "agent" else "server auth"
            if purpose not in certificate["spec"]["usages"]:
                findings.append(f"{name}: its certificate is not for {purpose}")
            addresses = [flags_of(container).get(flag, []) for flag in ("--advertise-agents", "--advertise-clients")]
            for host in (address.rpartition(":")[0] for values in addresses for address in values):
                if not covers(certificate["spec"]["dnsNames"], host):
                    findings.append(f"{name}: {host} is not in its certificate")
    findings += [f"{name_of(each)}: nobody mounts {secret}" for secret, each in certificates.items() if secret not in used]
    return findings


ALL = (check_names, check_pod_security, check_probes, check_selectors, check_services, check_secrets, check_budgets, check_grace,
       check_images, check_resources, check_paths, check_volumes, check_arguments, check_certificates)


def findings_of(objects: list[dict]) -> list[str]:
    return [f"{check.__name__}: {finding}" for check in ALL for finding in check(objects)]
