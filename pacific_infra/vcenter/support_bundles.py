"""Support bundles of Supervisors: a place to download from with a token that can be used once."""

from pathlib import Path
from urllib.parse import quote

import httpx2

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.login import tls_context
from pacific_infra.vcenter.reading import lower_names
from pacific_infra.vcenter.supervisors import read_topology
from pacific_infra.vcenter.version import Version, read_version

_MANAGEMENT = "/vcenter/namespace-management"
_TOKEN = "wcp-support-bundle-token"  # noqa: S105 - the field's name, not a token
_FIRST_WITH_SUPERVISORS = Version(9, 1)


async def download_bundle(client: VCenterClient, supervisor: str, file: Path, *, patience: float) -> int:
    """Write the support bundle of ``supervisor``, a tar archive, to ``file``; returns its bytes.

    ``SupportBundles.create`` (9.1), or that of its cluster before. ``patience``: seconds without a byte until it is
    given up. Raises PacificError; what has come by then is removed.
    """
    answer = dict(lower_names(await client.post(await _path(client, supervisor), repeatable=True)))
    token = dict(answer.get("support_bundle_token") or answer.get("wcp_support_bundle_token") or {})
    url, settings = str(answer["url"]), client.settings
    part, size = file.with_name(f"{file.name}.part"), 0
    try:
        async with (
            httpx2.AsyncClient(verify=tls_context(settings), trust_env=False, timeout=patience) as http,
            http.stream("POST", url, json={_TOKEN: str(token.get("token"))}) as response,
        ):
            if not response.is_success:
                raise PacificError(f"vCenter answers {response.status_code} to the download of the support bundle")
            with part.open("wb") as opened:
                async for chunk in response.aiter_bytes():
                    size += opened.write(chunk)
    except (httpx2.HTTPError, OSError) as error:
        part.unlink(missing_ok=True)
        raise PacificError(
            f"the support bundle cannot be downloaded from {settings.server}: {error or type(error).__name__}",
            place=str(file),
            fix="run the command again",
        ) from error
    part.replace(file)
    return size


async def _path(client: VCenterClient, supervisor: str) -> str:
    version = await read_version(client)
    if version is None or version >= _FIRST_WITH_SUPERVISORS:
        return f"{_MANAGEMENT}/supervisors/{quote(supervisor, safe='')}/support-bundles"
    cluster = (await read_topology(client, supervisor))[0][1][0]
    return f"{_MANAGEMENT}/clusters/{quote(cluster, safe='')}/support-bundle"
