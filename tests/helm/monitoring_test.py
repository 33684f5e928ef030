#!/usr/bin/python3
"""The alerts and the dashboard ask for metrics that there are."""

import json
import re
import unittest

from chart import CHART, ROOT, of_kind, render_set

# What the reference says, which is made of the programs' own table: metric to labels; a histogram has _bucket and le besides.
ROWS = re.findall(r"(?m)^\| `(wsfleet_[a-z_]+)` \| (\w+) \| ([a-z_, ]*) \|",
                  (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8"))
PROGRAMS = {name: set(filter(None, labels.split(", "))) for name, _, labels in ROWS}
# The chart is ahead of the programs here. What they have must leave this list.
NOT_YET = {"wsfleet_sessions_dropped_total": set()}
METRICS = PROGRAMS | NOT_YET
HISTOGRAMS = {name for name, kind, _ in ROWS if kind == "histogram"}
# Of the scrape, not of the programs.
SCRAPED = {"namespace", "pod", "service", "le"}


def problems(expression: str) -> list[str]:
    found = []
    used = set()
    for name, selector in re.findall(r"(wsfleet_[a-z_]+)(?:\{([^}]*)\})?", expression):
        metric = name.removesuffix("_bucket")
        if metric not in METRICS or (name != metric) != (metric in HISTOGRAMS):
            found.append(f"{name} is no metric")
            continue
        used |= METRICS[metric] | SCRAPED
        if "namespace=" not in selector and "label_values(wsfleet_build_info" not in expression:
            found.append(f"{name} of every namespace")
        found += [f"{name} has no label {label}" for label in re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", selector)
                  if label not in METRICS[metric] | SCRAPED]
    for labels in re.findall(r"\bby \(([^)]*)\)", expression):
        found += [f"no metric has the label {label}" for label in re.split(r",\s*", labels) if used and label not in used]
    if expression.count("(") != expression.count(")") or expression.count("{") != expression.count("}"):
        found.append("brackets do not match")
    return found


class Alerts(unittest.TestCase):
    rules = [rule for group in of_kind(render_set(CHART / "ci/everything-values.yaml"), "PrometheusRule")[0]["spec"]["groups"]
             for rule in group["rules"]]

    def test_ask_for_metrics_that_there_are(self):
        self.assertGreater(len(self.rules), 5)
        for rule in self.rules:
            with self.subTest(rule["alert"]):
                self.assertEqual(problems(rule["expr"]), [])

    def test_say_what_is_wrong_and_what_to_do(self):
        for rule in self.rules:
            with self.subTest(rule["alert"]):
                self.assertEqual(set(rule["annotations"]), {"summary", "description"})
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                used = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
                kept = {each for labels in re.findall(r"\bby \(([^)]*)\)", rule["expr"]) for each in labels.split(", ")}
                self.assertLessEqual(used, kept or SCRAPED, "a label that the expression has not")

    def test_are_of_this_release(self):
        text = json.dumps(self.rules)
        self.assertNotRegex(text, "NAMESPACE|SERVICES")
        self.assertIn('namespace=\\"fleet\\"', text)
        self.assertIn("rel-probes-.*", text)


class Dashboard(unittest.TestCase):
    dashboard = json.loads((CHART / "files/dashboard.json").read_text(encoding="utf-8"))

    def test_asks_for_metrics_that_there_are(self):
        for panel in self.dashboard["panels"]:
            for target in panel["targets"]:
                with self.subTest(panel["title"]):
                    expression = target["expr"].replace("$__rate_interval", "5m")
                    self.assertEqual(problems(expression), [])
        for variable in self.dashboard["templating"]["list"]:
            if variable["type"] == "query":
                self.assertEqual(problems(variable["query"]["query"]), [])

    def test_shows_every_metric_that_is_not_a_version(self):
        shown = " ".join(target["expr"] for panel in self.dashboard["panels"] for target in panel["targets"])
        self.assertEqual([metric for metric in METRICS if metric not in shown], ["wsfleet_build_info"])

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells

    def test_arrives_unchanged(self):
        (each,) = [each for each in of_kind(render_set(CHART / "ci/everything-values.yaml"), "ConfigMap")
                   if each["metadata"]["name"].endswith("-dashboard")]
        self.assertEqual(json.loads(each["data"]["wsfleet.json"]), self.dashboard)
        self.assertEqual(each["metadata"]["labels"]["grafana_dashboard"], "1")


class Metrics(unittest.TestCase):
    def test_that_the_programs_have_by_now_are_no_longer_excused(self):
        self.assertGreater(len(PROGRAMS), 8, "the reference was not read")
        self.assertEqual(set(NOT_YET) & set(PROGRAMS), set(), "take them out of NOT_YET")


class Problems(unittest.TestCase):
    def test_are_found(self):
        for expression, words in (
                ('wsfleet_check_sucess{namespace="a"}', "no metric"), ("wsfleet_queue_depth", "every namespace"),
                ('wsfleet_agents{namespace="a", suite="b"}', "no label suite"), ('wsfleet_event_latency_seconds{namespace="a"}', "no metric"),
                ('sum by (code) (wsfleet_agents{namespace="a"})', "no metric has the label code"), ('sum(wsfleet_agents{namespace="a"}', "brackets")):
            self.assertTrue(any(words in each for each in problems(expression)), f"{expression}: {problems(expression)}")


if __name__ == "__main__":
    unittest.main()
