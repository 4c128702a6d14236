"""Reads commands and examples out of Markdown pages, as a reader would copy
them.

Not a Markdown parser: our pages have indented commands, fenced blocks and
nothing fancier. Called by the tests in this folder.
"""

import os
import re

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))


def read(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return file.read()


def fenced(page, language):
    """The texts of all fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", read(page),
                      re.MULTILINE | re.DOTALL)


def indented(page):
    """All indented lines outside of fences, in their order."""
    text = re.sub(r"^```.*?^```$", "", read(page),
                  flags=re.MULTILINE | re.DOTALL)
    return [line[4:] for line in text.splitlines()
            if line.startswith("    ") and line.strip()]


def dialogues(page):
    """Pairs of a command after `$ ` and the output shown below it."""
    for block in fenced(page, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output
