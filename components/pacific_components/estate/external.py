"""Documents of what others own to arguments: the way to each Supervisor, by kubeconfig, other stack or vCenter."""

from collections.abc import Mapping
from typing import Any

import pulumi

from pacific_components.arguments import ExternalSupervisorClusterArgs
from pacific_components.estate.live_values import unknown
from pacific_components.estate.login import login_args
from pacific_infra.documents import Document, ExternalSupervisorCluster
from pacific_infra.documents.environment import StackOutput
from pacific_infra.graph.external import not_in_outputs
from pacific_infra.graph.partition import DOCUMENT_SECRETS, SHARED_OUTPUTS
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile
from pacific_infra.vcenter.settings import VCenterSettings


class Stacks:
    """Other stacks, each read once."""

    def __init__(self) -> None:
        self._read: dict[str, pulumi.StackReference] = {}

    def kubeconfig(self, document: ExternalSupervisorCluster, stack: str) -> pulumi.Output[str]:
        """That of the Supervisor in the outputs of ``stack``; without it the program ends."""

        def of_supervisor(kubeconfigs: Mapping[str, str] | None) -> str:
            if document.name not in (kubeconfigs or {}):
                raise pulumi.RunError(str(not_in_outputs(document, stack, list(kubeconfigs or {}))))
            return (kubeconfigs or {})[document.name]

        return self._reference(stack).get_output("kubeconfigs").apply(of_supervisor)

    def output(self, document: Document, reference: StackOutput) -> pulumi.Output[str]:
        """The value that ``document`` takes, a secret; where there is none, the program ends."""
        stack = reference.stack(pulumi.get_project())

        def text(outputs: Mapping[str, object] | None) -> str:
            value = reference.value_in(outputs or {})
            if value is None:
                problem = f"{document.id}: the stack {stack} has no output {reference.output}"
                raise pulumi.RunError(f"{document.place()}: {problem}; fix: bring it up first, or correct the name")
            return value

        return pulumi.Output.secret(self._reference(stack).outputs.apply(text))

    def output_of_document(self, document: Document, node: str, output: str, stack: str) -> pulumi.Output[Any]:
        """What ``document`` takes from the document ``node`` of ``stack``, another one of the same estate.

        Where it is not there yet, a preview takes it for unknown, and an update ends.
        """

        def value(outputs: Mapping[str, Any]) -> pulumi.Input[Any]:
            for name in SHARED_OUTPUTS:
                values = (outputs.get(name) or {}).get(node) or {}
                if output in values:
                    return pulumi.Output.secret(values[output]) if name == DOCUMENT_SECRETS else values[output]
            if pulumi.runtime.is_dry_run():
                return unknown()
            problem = f"{document.place()}: {document.id}: the stack {stack} has no {output} of {node} yet"
            raise pulumi.RunError(f"{problem}; fix: bring up {stack} first")

        reference = self._reference(f"organization/{pulumi.get_project()}/{stack}")
        # The outputs are secret where one of them is; which ones are, their names say.
        return pulumi.Output.unsecret(reference.outputs).apply(value)

    def _reference(self, stack: str) -> pulumi.StackReference:
        if stack not in self._read:
            self._read[stack] = pulumi.StackReference(stack)
        return self._read[stack]


def external_supervisor_args(
    document: ExternalSupervisorCluster,
    settings: VCenterSettings | None,
    kubeconfig: KubeconfigFile | None,
    stacks: Stacks,
    kubernetes_plugin_version: str | None,
) -> ExternalSupervisorClusterArgs:
    """Arguments of the component: the stack's own kubeconfig comes first, then the other stack's outputs."""
    args: ExternalSupervisorClusterArgs = {"name": document.name, "node": document.id}
    if kubeconfig is not None:
        args["kubeconfig"] = pulumi.Output.secret(kubeconfig.of_supervisor(document.name))
    elif document.stack is not None:
        args["kubeconfig"] = stacks.kubeconfig(document, document.stack)
    elif settings is not None:
        args |= login_args(settings)
    if kubernetes_plugin_version is not None:
        args["kubernetes_plugin_version"] = kubernetes_plugin_version
    return args
