"""A Dockerfile and a .dockerignore, as far as ours go."""

import dataclasses
import fnmatch
import pathlib
import re
import shlex


@dataclasses.dataclass
class Stage:
    base: str
    name: str
    instructions: list[tuple[str, str]]  # word, what follows

    def all_of(self, word: str) -> list[str]:
        return [rest for each, rest in self.instructions if each == word]


def parse(text: str) -> list[Stage]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    stages, arguments = [], {}
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if word == "FROM":
            base, _, name = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found.group(1)], rest).partition(" AS ")
            stages.append(Stage(base, name, []))
        elif not stages:
            if word != "ARG":
                raise ValueError(f"before FROM: expected ARG, found {line}")
            name, _, value = rest.partition("=")
            arguments[name] = value
        else:
            stages[-1].instructions.append((word, rest))
    return stages


def copied(stage: Stage) -> list[tuple[str, str]]:
    """From the build's folder: source and destination."""
    pairs = []
    for rest in stage.all_of("COPY"):
        if not rest.startswith("--from="):
            *sources, destination = shlex.split(rest)
            pairs += [(source, destination) for source in sources]
    return pairs


def words_of(command: str) -> list[list[str]]:
    """The single commands of a RUN that joins them by &&, without their variables."""
    commands = [shlex.split(each) for each in command.split("&&")]
    return [[word for word in each if not re.fullmatch(r"[A-Z_]+=\S*", word)] for each in commands]


def is_ignored(path: pathlib.PurePath, patterns: list[str]) -> bool:
    """The last pattern that matches the path, or a folder above it, wins."""
    ignored = False
    for pattern in patterns:
        kept, pattern = pattern.startswith("!"), pattern.removeprefix("!")
        names = [pattern, pattern.removeprefix("**/")] if pattern.startswith("**/") else [pattern]
        above = [path, *path.parents][:-1]
        if any(fnmatch.fnmatchcase(each.as_posix(), name) or pattern.startswith("**/") and fnmatch.fnmatchcase(each.name, name)
               for each in above for name in names):
            ignored = not kept
    return ignored
