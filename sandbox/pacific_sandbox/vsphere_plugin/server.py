"""Serves the engine over gRPC: Pulumi's provider protocol, as far as the stand-in's kinds need it."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pacific_infra.errors import PacificError
from pacific_sandbox.vcenter.vim_types import vim, vmodl
from pacific_sandbox.vsphere_plugin.functions import Values
from pacific_sandbox.vsphere_plugin.kind import Kind
from pacific_sandbox.vsphere_plugin.schema import INVOKES, RESOURCES, VERSION, package_schema
from pacific_sandbox.vsphere_plugin.site import OFFICIAL, Login, Site

_PARENT_CHECK = 2.0
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Marks a special object in Pulumi's values; here it can only be a secret."""


def _plain(values: struct_pb2.Struct) -> Values:
    """In Python's values. Of the configuration, which the engine sends for all that, secrets are unwrapped."""
    decoded = json_format.MessageToDict(values)
    return {name: _unwrapped(value) for name, value in decoded.items() if not name.startswith("__")}


def _unwrapped(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) and _SIGNATURE in value else value


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _kind(urn: str) -> Kind:
    token = urn.split("::")[2].rpartition("$")[2]
    if token not in RESOURCES:
        raise PacificError(
            "the sandbox's stand-in for pulumi-vsphere has no such resource",
            value=token,
            allowed=sorted(RESOURCES),
            fix=OFFICIAL,
        )
    return RESOURCES[token]


def _answering(method: Callable[..., Any]) -> Callable[..., Any]:
    """``method`` with its errors as one sentence."""

    def answer(self: "VSphereServicer", request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except PacificError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except (vim.fault.VimFault, vmodl.RuntimeFault) as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"vCenter refused: {error.msg or type(error).__name__}")
        except OSError as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"vCenter cannot be reached: {error}")

    return answer


class VSphereServicer(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider. What is not here the engine is told is not implemented."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._login: Login | None = None
        self._site: Site | None = None
        self._configuration: Values = {}

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's names, here and below
        del request, context
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802
        del request, context
        return provider_pb2.GetSchemaResponse(schema=json.dumps(package_schema()))

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        answer = provider_pb2.DiffResponse
        same = _plain(request.news) == _plain(request.olds)
        return answer(changes=answer.DIFF_NONE if same else answer.DIFF_SOME)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        named = {name.rpartition(":")[2]: value for name, value in request.variables.items()}
        self._configuration = {**named, **_plain(request.args)}
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=False)

    @_answering
    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        kind, news, olds = _kind(request.urn), _plain(request.news), _plain(request.olds)
        refused = f"the sandbox's stand-in cannot do this, since vcsim cannot; {OFFICIAL}"
        failures = [(name, refused) for name in kind.refused if name in news]
        failures += [(name, "is missing") for name in kind.required if name not in news]
        if "name" not in news:
            # As pulumi-vsphere does: the resource's name with seven digits behind it, kept from then on.
            logical = request.urn.rpartition("::")[2]
            news["name"] = olds.get("name") or f"{logical}-{bytes(request.randomSeed).hex()[:7]}"
        return provider_pb2.CheckResponse(
            inputs=_struct({**kind.defaults, **news}),
            failures=[provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures],
        )

    @_answering
    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        kind, news, olds = _kind(request.urn), _plain(request.news), _plain(request.olds)
        changed = [name for name in kind.inputs if _compared(news.get(name)) != _compared(olds.get(name))]
        replaces = [name for name in changed if name in kind.fixed]
        answer = provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if changed else answer.DIFF_NONE,
            diffs=changed,
            replaces=replaces,
            # Two of one name cannot stand side by side.
            deleteBeforeReplace=bool(replaces) and "name" not in replaces,
        )

    @_answering
    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        kind, inputs = _kind(request.urn), _plain(request.properties)
        with self._at_work() as site:
            identifier = kind.create(site, inputs)
        return provider_pb2.CreateResponse(id=identifier, properties=_struct(inputs))

    @_answering
    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        kind = _kind(request.urn)
        with self._at_work() as site:
            state = kind.read(site, request.id)
        if state is None:
            return provider_pb2.ReadResponse()
        known = _plain(request.inputs)
        # An empty value that was not declared is not desired.
        inputs = {name: value for name, value in state.items() if value or name in known}
        inputs = {name: _in_order_of(value, known.get(name)) for name, value in inputs.items()}
        inputs |= {name: known[name] for name in kind.unread if name in known}
        return provider_pb2.ReadResponse(id=request.id, properties=_struct(inputs), inputs=_struct(inputs))

    @_answering
    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        kind, inputs = _kind(request.urn), _plain(request.news)
        with self._at_work() as site:
            kind.update(site, request.id, inputs)
        return provider_pb2.UpdateResponse(properties=_struct(inputs))

    @_answering
    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        with self._at_work() as site:
            _kind(request.urn).delete(site, request.id)
        return empty_pb2.Empty()

    @_answering
    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        function = INVOKES.get(request.tok)
        if function is None:
            raise PacificError(
                "the sandbox's stand-in for pulumi-vsphere has no such function",
                value=request.tok,
                allowed=sorted(INVOKES),
                fix=OFFICIAL,
            )
        arguments = _plain(request.args)
        missing = [name for name in function.required if arguments.get(name) is None]
        if missing:
            failures = [provider_pb2.CheckFailure(property=name, reason="is missing") for name in missing]
            return provider_pb2.InvokeResponse(failures=failures)
        with self._at_work() as site:
            result = function.call(site, arguments)
        return provider_pb2.InvokeResponse(**{"return": _struct({**arguments, **result})})

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        del request, context
        return empty_pb2.Empty()

    def close(self) -> None:
        """End the session at vCenter."""
        if self._site is not None:
            self._site.close()

    def _at_work(self) -> "_Work":
        if self._site is None:
            self._site = Site(Login.of(self._configuration, self._environment))
        return _Work(self._site)


class _Work:
    """One call at a time: pyvmomi's session is not for many threads."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def __enter__(self) -> Site:
        self._site.lock.acquire()
        return self._site

    def __exit__(self, *error: object) -> None:
        self._site.lock.release()


def _compared(value: Any) -> Any:
    """``value`` for comparing: empty is absent, and what a rule leaves out is its default."""
    if isinstance(value, list):
        return [_compared(item) for item in value] or None
    if isinstance(value, dict):
        return {"includeDatastoresWithTags": True, **value}
    return value or None


def _in_order_of(value: Any, known: Any) -> Any:
    """``found``, in the order of the declared list where it has the same items: vCenter keeps none."""
    if isinstance(value, list) and isinstance(known, list) and _sorted(value) == _sorted(known):
        return known
    return value


def _sorted(values: list[Any]) -> list[str]:
    return sorted(json.dumps(_compared(value), sort_keys=True) for value in values)


def run(arguments: list[str]) -> int:
    """Serve until the engine ends: the port goes to standard output, as the engine expects it."""
    if not [argument for argument in arguments if not argument.startswith("-")]:
        sys.stderr.write("usage: pulumi-resource-vsphere ENGINE_ADDRESS (Pulumi starts it)\n")
        return 2
    server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", 400 * 2**20)])
    servicer = VSphereServicer(os.environ)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent = os.getppid()
    try:
        while os.getppid() == parent:
            time.sleep(_PARENT_CHECK)
    except KeyboardInterrupt:
        pass
    finally:
        servicer.close()
        server.stop(0)
    return 0
