"""What every component is made of: names, options and deadlines of its children."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Generic, TypeAlias, TypeVar

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.plumbing import ComponentPlumbing
from pacific_components.validation import CheckedArguments, checked_arguments, default_name
from pacific_infra.documents.model import Spec
from pacific_infra.settings import owner_of_stack

_LONGEST_MANAGER = 128
"""Characters that Kubernetes takes for the name of a field manager."""


def stack_name() -> str:
    """The stack that runs, ``PROJECT/STACK``, or the estate that it is a part of: the owner of all that it makes."""
    return owner_of_stack(f"{pulumi.get_project()}/{pulumi.get_stack()}")


def field_manager(stack: str) -> str:
    """Server-side apply's field manager of every object of a stack.

    A repeated create takes up the object that the same stack made before. Of another stack it has a conflict at the
    annotation that says whose the object is, so that nothing is taken over.
    """
    name = f"pacific-infra:{stack}"
    return name if len(name) <= _LONGEST_MANAGER else f"pacific-infra:{sha256(stack.encode()).hexdigest()}"


Options: TypeAlias = pulumi.ResourceOptions | None
"""Options of a component."""


class Component(pulumi.ComponentResource):
    """A component whose children are named ``<name>-<suffix>``, have it as parent and carry the same owner."""

    def __init__(self, token: str, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(token, name, {}, opts)
        self._node = args.get("node") or f"{type(self).__name__}/{name}"
        self._labels: Mapping[str, pulumi.Input[str]] = args.get("labels") or {}
        self._annotations: Mapping[str, pulumi.Input[str]] = args.get("annotations") or {}
        self._given_timeouts = _timeouts(opts.custom_timeouts if opts else None, args.get("timeouts") or TimeoutsArgs())
        self._order = pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None)

    def _child(
        self,
        *,
        deadline: str | None = None,
        delete_deadline: str | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        retain: bool = False,
        formerly: Sequence[str] = (),
        **options: Any,
    ) -> pulumi.ResourceOptions:
        """Options of a child. ``deadline`` is the default of its create, update and delete, for example ``10m``;
        ``delete_deadline`` that of its delete where it differs. ``formerly``: every name that the child had in a
        release, so that the state's resource of that name is taken for it and not replaced.

        The component's own ``depends_on`` is repeated here, so that the edge starts at a resource and not only at the
        group around it.
        """
        timeouts = None
        if deadline or delete_deadline:
            deadlines = self._given_timeouts
            timeouts = pulumi.CustomTimeouts(
                create=deadlines.get("create", deadline) if deadline else None,
                update=deadlines.get("update", deadline) if deadline else None,
                delete=deadlines.get("delete", delete_deadline or deadline),
            )
        child = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(depends_on),
            custom_timeouts=timeouts,
            retain_on_delete=True if retain else None,
            aliases=[pulumi.Alias(name=name) for name in formerly],
            **options,
        )
        return pulumi.ResourceOptions.merge(self._order, child)

    def _metadata(
        self,
        name: pulumi.Input[str],
        namespace: pulumi.Input[str] | None = None,
        *,
        labels: Mapping[str, pulumi.Input[str]] | None = None,
        annotations: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> dict[str, Any]:
        """Kubernetes metadata that names the owner, in the API's spelling."""
        metadata: dict[str, Any] = {
            "name": name,
            "labels": {**self._labels, **(labels or {}), "app.kubernetes.io/managed-by": "pacific-infra"},
            "annotations": {
                **self._annotations,
                "pacific.infra/node": self._node,
                # Whose it is: by it drift finds what no state knows any more.
                "pacific.infra/stack": stack_name(),
                "pulumi.com/patchFieldManager": field_manager(stack_name()),
                **(annotations or {}),
            },
        }
        if namespace is not None:
            metadata["namespace"] = namespace
        return metadata


SpecT = TypeVar("SpecT", bound=Spec)
PlumbingT = TypeVar("PlumbingT", bound=ComponentPlumbing)


class DocumentComponent(Component, Generic[PlumbingT, SpecT]):
    """A component that takes the fields of a document's ``spec``, as one object or by keywords.

    Fields of ``_spec`` and ``_plumbing`` hold outputs where the program has outputs.
    """

    def __init__(
        self,
        token: str,
        name: str,
        args: Mapping[str, Any] | CheckedArguments[PlumbingT, SpecT] | None,
        keywords: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        """``args`` that are checked already are those of a document. Raises PacificErrors for wrong ones."""
        if not isinstance(args, CheckedArguments):
            args = checked_arguments(token.rpartition(":")[2], name, args, keywords)
        self._spec, self._plumbing = args.spec, args.plumbing
        self._object = args.plumbing.name or default_name(name)
        """Name of the objects."""
        # Of what is adopted the fields are taken from whoever manages them: its annotation says that it is no stack's.
        force = {"pulumi.com/patchForce": "true"} if args.spec.adopts else {}
        plumbing = {
            "node": args.plumbing.node,
            "labels": args.plumbing.labels,
            "annotations": {**args.plumbing.annotations, **force},
            "timeouts": args.plumbing.timeouts.model_dump(exclude_none=True),
        }
        super().__init__(token, name, plumbing, opts)


def _timeouts(options: pulumi.CustomTimeouts | None, args: TimeoutsArgs) -> TimeoutsArgs:
    """The deadlines of the arguments, and where they have none, those of the component's options."""
    timeouts = TimeoutsArgs()
    if options is not None:
        for key in ("create", "update", "delete"):
            if getattr(options, key):
                timeouts[key] = getattr(options, key)
    timeouts.update(args)
    return timeouts
