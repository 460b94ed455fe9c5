"""One pulumi.Stash for each node of nodes.json, with the same dependencies."""

import json
from pathlib import Path

import pulumi

result: dict[str, pulumi.Resource] = {}
for node in json.loads(Path("nodes.json").read_text()):
    needs = [result[name] for name in node["needs"]]
    result[node["name"]] = pulumi.Stash(node["name"], input=node["name"], opts=pulumi.ResourceOptions(depends_on=needs))
