"""The Pulumi program of an estate: reads documents, declares them, exports the outputs."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pulumi

from pacific_components.estate.declare import EstateOptions, declare_estate
from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import build_graph
from pacific_infra.graph.external import needing_vcenter
from pacific_infra.vcenter.settings import VCenterSettings


def program(
    documents: Sequence[Path],
    settings: Callable[[], VCenterSettings | None],
    options: Callable[[], EstateOptions],
    *,
    overlays: Sequence[Path] = (),
) -> None:
    """Declare the estate of the files and folders ``documents`` with the patches ``overlays``; export its outputs.

    ``settings`` and ``options`` are asked after the documents are read: nothing is started for documents that are
    wrong, and no vCenter for documents that need none. Raises PacificError.
    """
    graph = build_graph(load_estate(documents, overlays))
    chosen = options()
    needed = any(needing_vcenter(graph.estate, kubeconfig=chosen.kubeconfig is not None))
    for name, value in declare_estate(graph, settings() if needed else None, chosen).items():
        pulumi.export(name, value)


def configured_documents(config: pulumi.Config, root: Path) -> list[Path]:
    """The files and folders that ``NAME:documents`` lists, relative to ``root``; a string or a list of strings.

    Raises PacificError where none is given.
    """
    listed = _listed(config, "documents")
    if not listed:
        raise PacificError(
            "the stack names no documents", fix=f"pulumi config set {pulumi.get_project()}:documents FOLDER"
        )
    return [root / path for path in listed]


def configured_overlays(config: pulumi.Config, root: Path) -> list[Path]:
    """The files and folders of patches that ``NAME:overlays`` lists, relative to ``root``: one, or a list."""
    return [root / path for path in _listed(config, "overlays")]


def _listed(config: pulumi.Config, key: str) -> list[str]:
    text = config.get(key)
    if not text:
        return []
    return [str(path) for path in config.get_object(key) or ()] if text.lstrip().startswith("[") else [text]


def configured_imports(config: pulumi.Config) -> dict[str, str]:
    """What ``NAME:imports`` lists: identifiers, by document, of what is in vCenter already and is taken over."""
    return {str(node): str(identifier) for node, identifier in (config.get_object("imports") or {}).items()}


def configured_vcenter(config: pulumi.Config, root: Path) -> VCenterSettings | None:
    """The vCenter that ``pacific:server`` and its neighbours name; None where no server is named.

    A password is read as it is, so that a login can be made with it; keep it in the configuration as a secret: it is
    a secret in everything made from it. Raises PacificError where a server has no username or no password.
    """
    server = config.get("server")
    if not server:
        return None
    username, password, password_file = config.get("username"), config.get("password"), config.get("passwordFile")
    if not username:
        raise PacificError(f"no username for {server}", fix="pulumi config set pacific:username NAME@DOMAIN")
    if not password and not password_file:
        raise PacificError(
            f"no password for {username} at {server}",
            fix="pulumi config set --secret pacific:password, "
            "or pulumi config set --plaintext pacific:passwordFile FILE",
        )
    ca_file = config.get("caFile")
    return VCenterSettings(
        server=server,
        username=username,
        password=None if password_file else password,
        password_file=_path(root, password_file),
        ca_file=_path(root, ca_file),
        insecure=config.get_bool("insecure") or False,
        datacenter=config.get("datacenter"),
    )


def _path(root: Path, text: str | None) -> Path | None:
    return root / Path(text).expanduser() if text else None
