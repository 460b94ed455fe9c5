"""When an object is ready, for controllers that cannot know it: CEL for Flux, Lua for Argo CD. Pure.

Both are made of what the components let Pulumi's provider wait for, the annotations ``pulumi.com/waitFor`` and
``pulumi.com/skipAwait``, so that a wave ends with the same states whoever applies it. Kinds without them are those
that the controllers know themselves: Deployments, Jobs and so on.

Sources: healthCheckExprs of kustomize.toolkit.fluxcd.io/v1; https://argo-cd.readthedocs.io/en/stable/operator-manual/health/
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

WAIT_FOR = "pulumi.com/waitFor"
SKIP_AWAIT = "pulumi.com/skipAwait"
Step: TypeAlias = str | int | tuple[str, str]
"""A field's name, a place in a list from 0, or a field and its value in the item of a list that is meant."""
_STEP = re.compile(
    r"""\.(?P<name>(?:[^.\[\]{}\\]|\\.)+)|\[(?P<index>\d+)\]|\[\?\(@\.(?P<key>[\w-]+)\s*==\s*(["'])(?P<value>.*?)\4\)\]"""
)
_JSON_PATH = re.compile(r"\{(?P<path>.*)\}(?:=(?P<value>.*))?", re.DOTALL)


@dataclass(frozen=True)
class Wait:
    """A field of a ready object: as this text, or, with None, there at all."""

    path: tuple[Step, ...]
    value: str | None
    text: str
    """As the annotation spells it."""


@dataclass(frozen=True)
class KindReadiness:
    """When the objects of a kind are ready."""

    api_version: str
    group: str
    kind: str
    waits: Mapping[tuple[str, str], tuple[Wait, ...]]
    """By namespace (empty: none) and name; all of an object's have to hold."""


def waits_of(item: Mapping[str, Any]) -> tuple[Wait, ...] | None:
    """What an object waits for: nothing where it is ready as soon as it is there; None: a controller knows its kind.

    Raises ValueError with the text of what can be told to neither.
    """
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    if annotations.get(SKIP_AWAIT) == "true":
        return ()
    if WAIT_FOR not in annotations:
        return None
    text = annotations[WAIT_FOR]
    return tuple(_wait(entry) for entry in (json.loads(text) if text.startswith("[") else [text]))


def _wait(text: str) -> Wait:
    form, _, rest = text.partition("=")
    if form == "condition":
        name, _, status = rest.partition("=")
        return Wait(("status", "conditions", ("type", name), "status"), status or "True", text)
    match = _JSON_PATH.fullmatch(rest)
    if form != "jsonpath" or match is None:
        raise ValueError(text)
    steps: list[Step] = []
    place = 0
    while place < len(match["path"]):
        step = _STEP.match(match["path"], place)
        if step is None:
            raise ValueError(text)
        place = step.end()
        if step["index"]:
            steps.append(int(step["index"]))
        else:
            steps.append((step["key"], step["value"]) if step["key"] else re.sub(r"\\(.)", r"\1", step["name"]))
    if not steps or not isinstance(steps[0], str) or not steps[0].isidentifier():
        raise ValueError(text)
    return Wait(tuple(steps), match["value"], text)


def readiness_of(objects: Iterable[Mapping[str, Any]]) -> list[KindReadiness]:
    """How each kind tells that it is ready, where all of its objects say so. Raises ValueError as ``waits_of``."""
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in objects:
        group, _, _ = item["apiVersion"].rpartition("/")
        kinds.setdefault((group, item["kind"]), []).append(item)
    result = []
    for (group, kind), items in sorted(kinds.items()):
        waits = {_identity(item): waits_of(item) for item in items}
        awaited = {identity: entry for identity, entry in waits.items() if entry is not None}
        if len(awaited) == len(waits):
            result.append(KindReadiness(items[0]["apiVersion"], group, kind, awaited))
    return result


def _identity(item: Mapping[str, Any]) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def health_expressions(objects: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """``healthCheckExprs`` of a Kustomization with these objects. Flux looks at observedGeneration by itself."""
    return [
        {"apiVersion": entry.api_version, "kind": entry.kind, "current": _expression(entry)}
        for entry in readiness_of(objects)
    ]


def _expression(readiness: KindReadiness) -> str:
    together = set(readiness.waits.values())
    if len(together) == 1:
        return _all_hold(together.pop())
    return " || ".join(
        f'(metadata.?namespace.orValue("") == {_text(namespace)} && metadata.name == {_text(name)} && '
        f"{_all_hold(waits)})"
        for (namespace, name), waits in sorted(readiness.waits.items())
    )


def _all_hold(waits: Sequence[Wait]) -> str:
    return " && ".join(_holds(wait) for wait in waits) or "true"


def _holds(wait: Wait) -> str:
    first, *steps = wait.path
    field = str(first)
    for step in steps:
        if isinstance(step, tuple):
            key, value = step
            field += f'.orValue([]).filter(item, item[?{_text(key)}].orValue("") == {_text(value)})[?0]'
        else:
            field += f"[?{_text(step) if isinstance(step, str) else step}]"
    if not steps:
        return f"{field} != null" if wait.value is None else f"string({field}) == {_text(wait.value)}"
    return f"{field}.hasValue()" if wait.value is None else f'string({field}.orValue("")) == {_text(wait.value)}'


_LUA = """\
local waits = {
%s}
local status = obj.status or {}
if status.observedGeneration ~= nil and status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "its last change is not seen yet"}
end
local others = {}
if status.conditions ~= nil then
  local path = {"status", "conditions", {"type", "Ready"}, "status"}
  others = {{text = "condition=Ready", value = "True", path = path}}
end
for _, wait in ipairs(waits[(obj.metadata.namespace or "") .. "/" .. obj.metadata.name] or others) do
  local field = obj
  for _, step in ipairs(wait.path) do
    if type(field) ~= "table" then
      field = nil
    elseif type(step) == "number" then
      field = field[step + 1]
    elseif type(step) == "string" then
      field = field[step]
    else
      local items = field
      field = nil
      for _, item in ipairs(items) do
        if field == nil and tostring(item[step[1]]) == step[2] then field = item end
      end
    end
  end
  if field == nil or (wait.value ~= nil and tostring(field) ~= wait.value) then
    return {status = "Progressing", message = "waits for " .. wait.text}
  end
end
return {status = "Healthy"}
"""
"""Argo CD gives scripts no library of texts, so that a path is a table. Objects of others: their condition Ready."""


def health_scripts(objects: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Entries of Argo CD's ConfigMap ``argocd-cm``: one for each kind that it does not know itself."""
    return {
        f"resource.customizations.health.{entry.group}_{entry.kind}": _LUA % "".join(map(_table, entry.waits.items()))
        for entry in readiness_of(objects)
        if entry.group
    }


def _table(entry: tuple[tuple[str, str], Sequence[Wait]]) -> str:
    (namespace, name), waits = entry
    return f"  [{_text(f'{namespace}/{name}')}] = {{{', '.join(map(_lua_wait, waits))}}},\n"


def _lua_wait(wait: Wait) -> str:
    value = "" if wait.value is None else f"value = {_text(wait.value)}, "
    return f"{{text = {_text(wait.text)}, {value}path = {{{', '.join(map(_lua_step, wait.path))}}}}}"


def _lua_step(step: Step) -> str:
    if isinstance(step, tuple):
        return f"{{{_text(step[0])}, {_text(step[1])}}}"
    return _text(step) if isinstance(step, str) else str(step)


def _text(value: str) -> str:
    """A string as CEL and Lua both write it."""
    return json.dumps(value, ensure_ascii=False)
