#!/usr/bin/python3
"""docs/how-to/deploy-on-kubernetes.md: its commands install what holds, and the objects that it names are there. Of all
guides: what they have kubectl delete or change is no more than they say."""

import functools
import re
import shlex
import tempfile
import unittest

import yaml

import checks
import chart

TEXT = (chart.ROOT / "docs/how-to/deploy-on-kubernetes.md").read_text(encoding="utf-8")
# A helm command, its further lines, and the values that it reads from the text below it.
COMMAND = re.compile(r"^helm (?:install|upgrade) (?:.*\\\n)*.*$", re.MULTILINE)
VALUES = re.compile(r"-f - <<VALUES\n(.*?)^VALUES$", re.DOTALL | re.MULTILINE)


def commands() -> list[tuple[list[str], str]]:
    """Words and values of each command."""
    found = []
    for match in COMMAND.finditer(TEXT):
        values = VALUES.search(TEXT, match.start())
        own = values is not None and values.start() < match.end()
        words = shlex.split(match.group().replace("\\\n", " ").partition("<<")[0], comments=True)
        found.append((words, values.group(1) if own else ""))
    return found


@functools.cache
def rendered() -> list[tuple[list[str], list[dict]]]:
    """With --reuse-values the settings of the commands before it hold too."""
    everything, kept = [], []
    for words, values in commands():
        settings = [words[index + 1] for index, word in enumerate(words) if word == "--set"]
        kept = kept + settings if "--reuse-values" in words else settings
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(values)
            file.flush()
            arguments = [argument for each in kept for argument in ("--set", each)]
            objects = chart.render("--values", file.name, "--api-versions", "cert-manager.io/v1", *arguments, release="wsfleet")
        everything.append((words, objects))
    return everything


def coordinator() -> dict:
    """The first that the guide installs: it keeps runs in SQLite."""
    return next(each for _, objects in rendered() for each in chart.of_kind(objects, "StatefulSet") if each["metadata"]["name"] == "wsfleet-coordinator")


def claims() -> dict[str, dict]:
    """Labels of the volumes of what is installed, as a StatefulSet makes them: those of its template, and of its selector."""
    found = {}
    for _, objects in rendered():
        for each in chart.of_kind(objects, "StatefulSet"):
            for template in each["spec"].get("volumeClaimTemplates", []):
                labels = template["metadata"]["labels"] | each["spec"]["selector"]["matchLabels"]
                for number in range(each["spec"]["replicas"]):
                    found[f'{template["metadata"]["name"]}-{each["metadata"]["name"]}-{number}'] = labels
    return found


def kubectl() -> list[list[str]]:
    """Words of each kubectl command of all guides, in the text too."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((chart.ROOT / "docs/how-to").glob("*.md"))]
    found = re.findall(r"kubectl (?:'[^'\n]*'|[^`|<>&'\n])*", "\n".join(texts))
    return [shlex.split(each.partition(" #")[0].strip().removesuffix(")")) for each in found]


class Volumes(unittest.TestCase):
    deletes = [words for words in kubectl() if "delete" in words and "pvc" in words]

    def test_are_deleted_by_names_that_there_are(self):
        names = [name for words in self.deletes if "-l" not in words for name in words[words.index("pvc") + 1:]]
        self.assertGreaterEqual(len(names), 1)
        self.assertEqual([name for name in names if "-agent-" not in name], [])
        self.assertLessEqual(set(names), set(claims()))

    def test_are_deleted_by_labels_only_of_one_region_of_agents(self):
        selectors = [words[words.index("-l") + 1] for words in self.deletes if "-l" in words]
        self.assertGreaterEqual(len(selectors), 1)
        for selector in selectors:
            wanted = dict(each.split("=") for each in selector.split(","))
            with self.subTest(selector):
                selected = [labels for labels in claims().values() if checks.matches(wanted, labels)]
                self.assertEqual({labels["app.kubernetes.io/component"] for labels in selected}, {"agent"})
                self.assertEqual(len({labels["wsfleet/region"] for labels in selected}), 1)
                self.assertEqual(wanted["app.kubernetes.io/instance"], "wsfleet", "another release may have agents there too")

    def test_and_all_else_are_changed_in_the_namespace_of_the_guide_alone(self):
        changes = [words for words in kubectl() if {"delete", "create", "apply", "restart", "scale", "cp", "exec"} & set(words)]
        self.assertGreaterEqual(len(changes), 8)
        elsewhere = [words for words in changes if words[1:3] != ["-n", "wsfleet"] and words[1:3] != ["create", "namespace"]]
        self.assertEqual(elsewhere, [])


class Backup(unittest.TestCase):
    text = (chart.ROOT / "docs/how-to/back-up-and-restore.md").read_text(encoding="utf-8")

    def test_is_read_by_a_pod_that_may_do_no_more_than_the_chart_lets_pods(self):
        pods = [yaml.safe_load(each) for each in re.findall(r"(?ms)^kubectl .* apply -f - <<OBJECTS\n(.*?)^OBJECTS$", self.text)]
        self.assertEqual([chart.name_of(each) for each in pods], ["Pod wsfleet-files"])
        self.assertEqual(checks.check_pod_security(pods), [])
        of_chart = chart.pod_of(coordinator())["spec"]["securityContext"]
        self.assertEqual(pods[0]["spec"]["securityContext"], of_chart, "its files are the coordinator's user's, or would be opened to the group")

    def test_is_of_the_files_where_they_are(self):
        claimed = re.findall(r"claimName: ([\w-]+)", self.text)
        self.assertEqual(claimed, ["data-wsfleet-coordinator-0"])
        self.assertIn(claimed[0], claims())
        flags = chart.flags_of(chart.pod_of(coordinator())["spec"]["containers"][0])
        for path in (flags["--store"][0], flags["--state-dir"][0] + "/secrets.key", flags["--state-dir"][0] + "/ca"):
            self.assertIn(f"`{path}`", self.text)
        self.assertIn("cd /var/lib/wsfleet && tar -cf - wsfleet.db* state", self.text)


class Guide(unittest.TestCase):
    def test_installs_what_holds(self):
        found = rendered()
        self.assertGreaterEqual(len(found), 6)
        for words, objects in found:
            with self.subTest(" ".join(words)):
                self.assertEqual(checks.findings_of(objects), [])

    def test_names_objects_that_are_installed(self):
        objects = [each for _, some in rendered() for each in some]
        names = {f'{each["kind"].lower()}/{each["metadata"]["name"]}' for each in objects}
        pods = {f'{each["metadata"]["name"]}-{number}' for each in chart.of_kind(objects, "StatefulSet")
                for number in range(each["spec"]["replicas"])}
        named = re.findall(r"\b((?:statefulset|service)[/ ][a-z][\w-]*)", "\n".join(re.findall(r"kubectl.*", TEXT)))
        self.assertGreaterEqual(len(named), 3)
        self.assertLessEqual({each.replace(" ", "/") for each in named}, names)
        self.assertLessEqual(set(re.findall(r"exec ([\w-]+)", TEXT)) | set(re.findall(r"`(wsfleet-agent-[\w-]+)`", TEXT)), pods)

    def test_makes_the_secrets_that_are_mounted(self):
        made = set(re.findall(r"create secret generic ([\w-]+)", TEXT))
        # The database's are somebody else's, and cert-manager makes its own.
        others = {"wsfleet-database-ca", "wsfleet-coordinator-tls", "wsfleet-agent-eu-west-1-tls"}
        mounted = {volume["secret"]["secretName"] for _, objects in rendered() for pod in checks.pods(objects).values()
                   for volume in pod["spec"].get("volumes", []) if "secret" in volume}
        self.assertEqual(mounted - made - others, set())
        self.assertEqual(made - mounted, set(), "made, and used by nobody")

    def test_gives_each_secret_its_keys(self):
        made = {name: set(re.findall(r"--from-(?:file|literal)=([\w.]+)", rest))
                for name, rest in re.findall(r"create secret generic ([\w-]+) (.*)", TEXT)}
        for _, objects in rendered():
            for name, pod in checks.pods(objects).items():
                for secret in (volume["secret"] for volume in pod["spec"].get("volumes", []) if "secret" in volume):
                    if secret["secretName"] in made:
                        self.assertEqual({item["key"] for item in secret["items"]}, made[secret["secretName"]], name)

    def test_keeps_secrets_out_of_arguments_and_from_other_users(self):
        # Arguments of a process are read by everybody on its host.
        for file in (chart.CHART / "templates/NOTES.txt", chart.CHART / "values.yaml", chart.ROOT / "docs/how-to/deploy-on-kubernetes.md",
                     chart.ROOT / "docs/how-to/enrol-agents.md"):
            text = file.read_text(encoding="utf-8")
            with self.subTest(file.name):
                self.assertNotIn("--from-literal", text)
                written = re.findall(r"(?m)^.* > (?:token|join-token|secrets\.key)\b.*$", text)
                self.assertEqual([line for line in written if "umask 077" not in line], [])
        self.assertEqual(TEXT.count("join-token create"), TEXT.count("rm join-token"))


if __name__ == "__main__":
    unittest.main()
