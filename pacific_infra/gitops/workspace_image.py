"""The recipe of an image in which the Pulumi Kubernetes Operator runs estates: the engine, its plugins, this product.

A workspace's container needs ``pulumi``, the language host and the plugins, git for the source, and by the operator's
default a user other than root (docs/workspaces.md of the operator).
"""

from dataclasses import dataclass

USER = 1000


@dataclass(frozen=True)
class ImageVersions:
    """What the image is made of."""

    pulumi: str
    kubernetes_plugin: str
    product: str


def workspace_recipe(versions: ImageVersions) -> str:
    """A Containerfile; it is built in a folder with this product's wheel in ``wheels``."""
    return f"""\
# The workspace of the Pulumi Kubernetes Operator for estates of pacific-infra. It was not built where it was written.
# Build it where the folder wheels has the wheel of pacific-infra:
#   podman build --file Containerfile --tag pacific-workspace:{versions.product} .
FROM pulumi/pulumi-python:{versions.pulumi}
COPY wheels /tmp/wheels
RUN python -m venv /opt/pacific \\
 && /opt/pacific/bin/pip install --no-cache-dir --find-links /tmp/wheels pacific-infra=={versions.product} \\
 && rm -r /tmp/wheels \\
 && useradd --create-home --uid {USER} workspace
ENV VIRTUAL_ENV=/opt/pacific
ENV PATH=/opt/pacific/bin:$PATH
ENV HOME=/home/workspace
USER {USER}
WORKDIR /home/workspace
RUN pulumi plugin install resource kubernetes {versions.kubernetes_plugin} \\
 && pacific toolchain install
"""
