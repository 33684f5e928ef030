#!/usr/bin/python3
"""docs/how-to/deploy-on-kubernetes.md: its commands install what holds, and the objects that it names are there."""

import re
import shlex
import tempfile
import unittest

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
