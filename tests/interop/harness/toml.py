"""Configuration files from nested dictionaries: tables become [a.b], lists of tables [[a.b]]."""

import json


def merged(base, changes):
    """`base` with `changes` laid over it; None removes a key."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def write(tree, path=()):
    def is_tables(value):
        return isinstance(value, list) and value and all(isinstance(v, dict) for v in value)

    lines = [f"{k} = {json.dumps(v)}" for k, v in tree.items() if not isinstance(v, dict) and not is_tables(v)]
    for key, value in tree.items():
        name = ".".join((*path, key))
        if isinstance(value, dict):
            lines += [f"\n[{name}]", write(value, (*path, key))]
        elif is_tables(value):
            for entry in value:
                lines += [f"\n[[{name}]]", write(entry, (*path, key))]
    return "\n".join(lines)
