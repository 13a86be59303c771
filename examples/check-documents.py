"""Checks docs/CONFIGURATION.md against the program: TALLYWIRE=.build/release/tallywire python3 examples/check-documents.py

Its tables have every key of the schema with its default, and no other; its examples pass `tallywire check`; and the file that is wrong
gets exactly the mistakes that are shown.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

program = os.environ.get("TALLYWIRE", ".build/release/tallywire")
text = pathlib.Path("docs/CONFIGURATION.md").read_text()
mistakes = []


def rows(section):
    """The rows of the section's tables by the key in their first cell."""
    body = re.search(rf"^#+ {re.escape(section)}\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    found = {}
    for line in re.findall(r"^\| `.*$", body.group(1) if body else "", re.M):
        cells = line.split(" | ")
        for key in re.findall(r"`([^`]+)`", cells[0]):
            found[key] = cells[1]
    return found


def options(schema, path=""):
    """The options in a JSON Schema as (key, default); an object with keys of its own stands for itself only if they are free."""
    for key, value in schema.get("properties", {}).items():
        inner = [value, value.get("items"), value.get("additionalProperties")]
        deeper = [option for part, stars in zip(inner, ("", ".*", ".*")) if isinstance(part, dict) for option in options(part, f"{path}{key}{stars}.")]
        if not value.get("properties"):
            yield path + key, value.get("default")
        yield from deeper


def compare(section, expected, also=(), shared=""):
    """`shared` is a section whose rows belong to this one too, where it has such keys."""
    keys = {key for key, _ in expected}
    found = {key: default for key, default in rows(shared).items() if key in keys} | rows(section)
    for key, default in expected:
        if key not in found:
            mistakes.append(f"“{section}” has no row for {key}")
        elif isinstance(default, (str, int)) and f"`{json.dumps(default)}`" not in found[key]:
            mistakes.append(f"“{section}”: {key} is {json.dumps(default)} by default, not {found[key]}")
    for key in found.keys() - {key for key, _ in expected} - set(also):
        mistakes.append(f"“{section}” has a row for {key}, which the program does not know")


def check(example, folder):
    """What `tallywire check` says against the example."""
    path = pathlib.Path(folder, "plugins.json")
    path.write_text(example)
    return subprocess.run([program, "check"], cwd=folder, capture_output=True, text=True).stderr


program = str(pathlib.Path(program).resolve())
schema = json.loads(subprocess.run([program, "schema"], capture_output=True, text=True, check=True).stdout)
lists = {name: schema["properties"].pop(name)["items"]["allOf"] for name in ("sources", "sinks")}
compare("The server's own settings", list(options(schema)), also=["sources", "sinks"])
common = dict(rows("Entries"), plugin="")
plugins = {entry["if"]["properties"]["plugin"]["const"]: entry["then"] for entries in lists.values() for entry in entries}
for name, entry in plugins.items():
    compare(name, [(key, default) for key, default in options(entry) if key not in common], shared="Brokers")
compare("Entries", [(key, default) for key, default in options(plugins["json-log"]) if key in common and key != "plugin"])

shown = re.search(r"```console\n\$ tallywire check\n(.*?)\$ echo \$\?\n78\n```", text, re.S).group(1)
told = []
with tempfile.TemporaryDirectory() as folder:
    for example in re.findall(r"```jsonc?\n(.*?)```", text, re.S):
        named = re.search(r'"plugin": "([^"]+)"', example)
        # Rooms that are shown by themselves are those of the sink websocket.
        if not named:
            example = '{ "plugin": "websocket", "rooms": %s }' % example
        plugin = named.group(1) if named else "websocket"
        if not re.sub(r"^//.*\n", "", example).lstrip().startswith(('{ "sinks"', "{\n")):
            example = '{ "%s": [ %s ] }' % ("sources" if plugin == "mqtt-scanners" else "sinks", example)
        told.append(check(example, folder))
        if told[-1] not in ("", shown):
            mistakes.append(f"the example with {plugin} is wrong:\n{told[-1]}")
if shown not in told:
    mistakes.append("no example gives the mistakes that are shown")

if mistakes:
    print("\n".join(mistakes))
    sys.exit(1)
print(f"docs/CONFIGURATION.md says what the program does, for {len(plugins)} plugins.")
