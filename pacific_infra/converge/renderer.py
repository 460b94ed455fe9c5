"""The tools by which a project's documents are rendered: the user's own, else those of the toolchain."""

from pathlib import Path

from pacific_infra.documents.rendering import Renderer
from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain


def project_renderer(settings: Settings) -> Renderer:
    """Looks for a tool when the first document needs it."""

    def find(name: str) -> Path | None:
        return find_toolchain(settings).renderer(name)

    return Renderer(find, settings.cache_directory / "rendered")
