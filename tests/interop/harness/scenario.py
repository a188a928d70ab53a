"""sipp scenarios from the files in sipp/: `{{name}}` is a variable, `{{part a b}}` the file sipp/parts/part.xml with
`{{1}}` and `{{2}}` filled in, `{{1|x}}` one of these with a default."""

import pathlib
import re

from .checks import Failed

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "sipp"
DEEPEST = 8


def _text_of(path):
    if not path.exists():
        raise Failed(f"there is no scenario file {path}")
    return re.sub(r"^\s*<!--.*?-->\s*\n", "", path.read_text(), flags=re.S).rstrip("\n")


def expand(text, variables, arguments=(), depth=0):
    if depth > DEEPEST:
        raise Failed("scenario parts include each other without end")

    def fill(match):
        words = match.group(1).split() or [""]
        name, bar, default = words[0].partition("|")
        if name.isdigit() and int(name) <= len(arguments):
            return arguments[int(name) - 1]
        if name in variables:
            return str(variables[name])
        if bar:
            return default
        if name.isdigit():
            raise Failed(f"scenario part needs argument {name}")
        return expand(_text_of(FOLDER / "parts" / f"{name}.xml"), variables, words[1:], depth + 1)

    # Innermost braces first, so that a variable can be an argument.
    count = 1
    while count:
        text, count = re.subn(r"\{\{([^{}]+)\}\}", fill, text)
    return text


def build(name, variables):
    body = expand(_text_of(FOLDER / f"{name}.xml"), variables)
    return ('<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
            f'<scenario name="{name}">\n{body}\n</scenario>\n')
