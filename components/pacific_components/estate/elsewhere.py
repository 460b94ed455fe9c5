"""What stands for a document that another stack of the same estate makes, where more is needed than its outputs."""

from functools import singledispatch

from pacific_components.estate.declaration import Declaration
from pacific_components.external import SupervisorElsewhere
from pacific_infra import documents
from pacific_infra.graph.partition import LOGIN


@singledispatch
def stand_in(document: documents.Document, estate: Declaration) -> None:
    """Make what documents of this stack need of ``document`` besides its outputs; of most kinds that is nothing."""


@stand_in.register
def _supervisor(document: documents.SupervisorCluster, estate: Declaration) -> None:
    stack = estate.graph.elsewhere[document.id]
    estate.supervisors[document.name] = SupervisorElsewhere(
        document.name,
        document.id,
        {name: estate.stacks.output_of_document(document, document.id, name, stack) for name in LOGIN},
        estate.options.kubernetes_plugin_version,
    )
