"""What a vCenter of some version cannot do. Reported at preview, not as an error in the middle of a run."""

from collections.abc import Iterator, Mapping
from typing import Any

from pacific_infra.provider.checking import Failure, each_value
from pacific_infra.provider.models.introspection import properties, version_text
from pacific_infra.provider.models.model import Model
from pacific_infra.vcenter.version import Version


def too_new(values: Mapping[str, Any], model: type[Model], version: Version, path: str = "") -> Iterator[Failure]:
    """Each property of ``values``, known or unknown, that ``version`` does not have, and each such choice."""
    for item in properties(model):
        since = item.meta.since
        for place, value in each_value(values.get(item.name), item, path):
            if since is not None and version < since:
                yield place, _sentence("", since, version)
            elif isinstance(value, str) and version < (needed := item.meta.choices_since.get(value, version)):
                yield place, _sentence(f"got {value!r}; ", needed, version)
            elif item.model is not None and isinstance(value, Mapping):
                yield from too_new(value, item.model, version, place)


def _sentence(value: str, since: tuple[int, ...], version: Version) -> str:
    needs = version_text((since[0], since[1], since[2]))
    return f"{value}needs vCenter {needs} or newer, this one is {version}; leave it out, or upgrade vCenter"
