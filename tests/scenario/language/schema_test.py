#!/usr/bin/python3
"""What an editor sees with `wsfleet schema`: every example is fine, and the bad files that say `schema` are not. Nor does
it complain of a suite that `wsfleet validate` accepts, whatever is changed in an example.

    schema_test.py WSFLEET      the program whose schema is tested; prints a line for each finding, exit code 1 if there is one
"""

import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

FOLDER = pathlib.Path(__file__).parent


class CoreSchemaLoader(yaml.SafeLoader):
    """YAML 1.2, 10.3.2: `on` is a text and 1:30 no number, unlike in PyYAML's YAML 1.1."""

    yaml_implicit_resolvers = {}


for tag, expression in (
    ("null", r"^(?:~|null|Null|NULL|)$"),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$"),
    ("int", r"^[-+]?[0-9]+$"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
):
    CoreSchemaLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(expression), None)

# What the bad files do not break, a mistake each: (what stands in the good suite, what stands there instead).
GOOD = """
version: wsfleet/v1
name: s
target: [ws://a, "${env.X}"]
vars: {room: lobby}
data: {file: a.csv, use: once}
defaults: {within: 3s, retries: 1, inbox: {max_bytes: 1MiB}}
regions: {include: [eu-*], require: 2}
auth: {user: {jwt: {alg: HS256, key: "${secret.K}", ttl: -1m}}, other: {from: user, nbf: 1m}}
load: {model: sessions, stages: [{for: 1m, sessions: 3}]}
scenarios:
  - name: one
    priority: 3
    matrix: {m: [1, 2]}
    steps:
      - connect: {path: /ws, compress: true, tls: {insecure: true}}
      - http: {get: /, expect: {status: {in: [200, 204]}}, capture: {a: "header:etag"}}
      - send: {json: {a: 1}, opcode: text}
      - expect: {match: {$.a: {gt: 1}}, since: x, capture: {v: $.id}}
      - expect_all: {messages: [{match: {text: a}}], unique: 1s}
      - repeat: {times: 2, steps: [{wait: 0s}]}
      - close: {code: 1000}
"""
MISTAKES = (
    ("name: s\n", ""),
    ("version: wsfleet/v1", "version: wsfleet/v2"),
    ("vars: {room: lobby}", "vars: {session: lobby}"),
    ("a.csv", "a.txt"),
    ("use: once", "use: twice"),
    ("retries: 1", "retries: 6"),
    ("retries: 1", "retires: 1"),
    ("within: 3s", "within: 0s"),
    ("1MiB", "1048576"),
    ("require: 2", "require: some"),
    ("{for: 1m, sessions: 3}", "{for: 1m, rate: 3/s}"),
    ("{for: 1m, sessions: 3}", "{sessions: 3}"),
    ("nbf: 1m", "nbf: 1m, token: x"),
    ("from: user, nbf: 1m", "token: x, nbf: 1m"),
    ("priority: 3", "priority: 10"),
    ("{m: [1, 2]}", "{m: []}"),
    ("path: /ws, ", ""),
    ("path: /ws", "path: /ws, refused: {class: auth}, expect: {subprotocol: a}"),
    ("insecure: true", "insecure: false"),
    ("insecure: true", "cert: a.pem"),
    ("get: /", "get: /, post: /"),
    ("get: /", "get: /, json: 1, text: a"),
    ("{status: {in: [200, 204]}}", "{}"),
    ("header:etag", "headers:etag"),
    ("json: {a: 1}, ", ""),
    ("opcode: text", "opcode: ping"),
    ("{$.a: {gt: 1}}", "{$.a: {greater: 1}}"),
    ("{$.a: {gt: 1}}", "{$.a: {gt: much}}"),
    ("{$.a: {gt: 1}}", "{a: 1}"),
    ("{v: $.id}", "{v: id}"),
    ("{v: $.id}", "{v: \"header:etag\"}"),
    ("[{match: {text: a}}]", "[]"),
    ("unique: 1s", "unique: 1"),
    ("times: 2, ", ""),
    ("code: 1000", "code: 999"),
    ("      - close:", "      - {id: x, close: {}, ping: {}}\n      - close:"),
    ("scenarios:", "files: [a.yaml]\nscenarios:"),
)


# What may stand in place of a word: more often than not the suite stays a suite.
WORDS = ("0", "1", "3", "-1", "0s", "7s", "-1m", "true", "null", "[]", "{}", "word", "1MiB", "50/s", "warn", '"${region}"', '"1"')
ROUNDS = 150


def changed(text, dice):
    place = dice.choice(list(re.finditer(r"(?<=[ \[{])[A-Za-z0-9_./]+(?=[,}\]\n])", text)))
    return text[: place.start()] + dice.choice(WORDS) + text[place.end() :]


def load(text):
    return yaml.load(text, Loader=CoreSchemaLoader)


def findings(program):
    schema = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)

    def errors(text):
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(load(text))]

    examples = sorted((FOLDER / "examples").rglob("*.wsfleet.yaml"))
    examples += sorted((FOLDER.parents[2] / "docs/examples").glob("*.wsfleet.yaml"))
    assert len(examples) > 6, examples
    for file in examples:
        yield from (f"{file.name} is good, but {error}" for error in errors(file.read_text(encoding="utf-8")))
    seen = 0
    for file in sorted((FOLDER / "bad").glob("*.wsfleet.yaml")):
        text = file.read_text(encoding="utf-8")
        if not text.split("\n", 1)[0].endswith("(schema)"):
            continue
        seen += 1
        if not errors(text):
            yield f"{file.name} is accepted"
    if seen < 7:
        yield f"only {seen} bad files say `schema`"
    yield from (f"the good suite of this test: {error}" for error in errors(GOOD))
    for right, wrong in MISTAKES:
        assert right in GOOD, right
        if not errors(GOOD.replace(right, wrong, 1)):
            yield f"accepted: {wrong!r} in place of {right!r}"


def complaints(program):
    """Of suites that the parser accepts."""
    schema = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True).stdout)
    validator = jsonschema.Draft7Validator(schema)
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    good = (FOLDER.parents[2] / "docs/examples/chat.wsfleet.yaml").read_text(encoding="utf-8")
    accepted = 0
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "x.wsfleet.yaml"
        for _ in range(ROUNDS):
            text = changed(good, dice)
            file.write_text(text, encoding="utf-8")
            if subprocess.run([program, "validate", file], capture_output=True).returncode != 0:
                continue
            accepted += 1
            for error in validator.iter_errors(load(text)):
                yield f"seed {seed}: validate accepts, the schema does not: {error.json_path}: {error.message}\n{text}"
                return
    if accepted < ROUNDS // 20:
        yield f"seed {seed}: only {accepted} of {ROUNDS} changed suites were suites"


def main():
    found = list(findings(sys.argv[1])) + list(complaints(sys.argv[1]))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
