"""What programs are built without: half of the engine was for clouds and commands that no sandbox has."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Omission:
    """What a copy of a Go module lacks."""

    paths: tuple[str, ...] = ()
    """Files and folders that are left out."""
    edits: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """By file, texts that are in it once, each with the text in its place: imports and uses of what is left out."""

    def apply(self, copy: Path) -> None:
        """Change ``copy``, a folder with the module's files.

        Raises ValueError where a path or text is not in it, as in another version of the module.
        """
        for name in self.paths:
            path = copy / name
            if path.is_dir():
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
            else:
                raise ValueError(f"{name} is not in the module and cannot be left out")
        for name, edits in self.edits.items():
            file = copy / name
            text = file.read_text()
            for old, new in edits:
                if text.count(old) != 1:
                    raise ValueError(f"{name} has this text {text.count(old)} times, not once: {old.strip()}")
                text = text.replace(old, new)
            file.write_text(text)


_PULUMI = "github.com/pulumi/pulumi/pkg/v3"
_COMMANDS = f"{_PULUMI}/cmd/pulumi"
_NOT_HERE = "this pulumi was built without it: install the official one"


def _imported(*lines: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"\t{line}\n", "") for line in lines)


_API = (
    "api",
    "cli_command_hints",
    "describe",
    "describe_markdown",
    "encoding",
    "fields",
    "format",
    "list",
    "output",
    "paginate",
    "pathmatch",
    "schema",
    "spec",
    "spec_fetch",
)
"""Files of the command "pulumi api"."""
_INFORMERS = (
    "admissionregistration",
    "apiserverinternal",
    "apps",
    "autoscaling",
    "batch",
    "certificates",
    "coordination",
    "core",
    "discovery",
    "events",
    "extensions",
    "flowcontrol",
    "internalinterfaces",
    "networking",
    "node",
    "policy",
    "rbac",
    "resource",
    "scheduling",
    "storage",
    "storagemigration",
)
"""Folders of client-go with the informers of typed objects."""

ENGINE = {
    _PULUMI: Omission(
        # Commands of Pulumi Cloud, of which "api" brings a reader of OpenAPI documents, a quarter of the whole build;
        # and the set-up of AWS, Azure and Google Cloud for environments of Pulumi Cloud.
        paths=(
            *(f"cmd/pulumi/cloud/{name}.go" for name in _API),
            "cmd/pulumi/insights",
            "cmd/pulumi/neo",
            *(f"cmd/esc/cli/{name}.go" for name in ("setup", "setup_aws", "setup_azure", "setup_gcp")),
            "authhelpers",
        ),
        edits={
            "cmd/pulumi/pulumi.go": (
                *_imported(*(f'"{_COMMANDS}/{name}"' for name in ("cloud", "insights", "neo"))),
                *_imported("\t\t\tcloud.NewAPICmd(),", "\t\t\tinsights.NewInsightsCmd(),"),
                *_imported("\t\t\tneo.NewNeoCmd(),"),
            ),
            "cmd/pulumi/cloud/envelope.go": _imported('Parameters      []ParamSpec `json:"parameters,omitempty"`'),
            "cmd/esc/cli/env.go": _imported("cmd.AddCommand(newEnvSetupCmd(env))"),
            # State in buckets of Azure and Google; that in files, S3 and PostgreSQL stays.
            "backend/diy/backend.go": (
                *_imported(
                    '"gocloud.dev/blob/azureblob"  // driver for azblob://',
                    '"gocloud.dev/blob/gcsblob"    // driver for gs://',
                    f'"{_PULUMI}/authhelpers"',
                ),
                (
                    "\treturn blob.DefaultURLMux().ValidBucketScheme(u.Scheme)\n",
                    "\treturn leftOut(u.Scheme) || blob.DefaultURLMux().ValidBucketScheme(u.Scheme)\n}\n\n"
                    'func leftOut(scheme string) bool {\n\treturn scheme == "azblob" || scheme == "gs"\n',
                ),
                (
                    "\tif p.Scheme == gcsblob.Scheme {\n"
                    "\t\tblobmux, err = authhelpers.GoogleCredentialsMux(ctx)\n"
                    "\t\tif err != nil {\n\t\t\treturn nil, err\n\t\t}\n",
                    "\tif leftOut(p.Scheme) {\n"
                    f'\t\treturn nil, fmt.Errorf("no state at %s:// here: {_NOT_HERE}", p.Scheme)\n',
                ),
                (
                    "\tif p.Scheme == azureblob.Scheme {\n"
                    "\t\tblobmux = &blob.URLMux{}\n"
                    "\t\tblobmux.RegisterBucket(azureblob.Scheme, &azureblob.URLOpener{\n"
                    "\t\t\tMakeClient:        azureblob.NewDefaultClient,\n"
                    "\t\t\tServiceURLOptions: *azureblob.NewDefaultServiceURLOptions(),\n"
                    "\t\t})\n\t}\n",
                    "",
                ),
            ),
            # Keys of secrets in a cloud; those of a passphrase and of Pulumi Cloud stay.
            "secrets/cloud/manager.go": (
                *_imported(
                    '_ "gocloud.dev/secrets/awskms"        // support for awskms://',
                    '_ "gocloud.dev/secrets/azurekeyvault" // support for azurekeyvault://',
                    '"gocloud.dev/secrets/gcpkms"          // support for gcpkms://',
                    '_ "gocloud.dev/secrets/hashivault"    // support for hashivault://',
                    '"google.golang.org/api/cloudkms/v1"',
                    f'"{_PULUMI}/authhelpers"',
                ),
                (
                    "\tswitch u.Scheme {\n"
                    "\tcase gcpkms.Scheme:\n"
                    "\t\tcredentials, err := authhelpers.ResolveGoogleCredentials(ctx, cloudkms.CloudkmsScope)\n"
                    "\t\tif err != nil {\n"
                    '\t\t\treturn nil, fmt.Errorf("missing google credentials: %w", err)\n'
                    "\t\t}\n\n"
                    "\t\tkmsClient, _, err := gcpkms.Dial(ctx, credentials.TokenSource)\n"
                    "\t\tif err != nil {\n"
                    '\t\t\treturn nil, fmt.Errorf("failed to connect to gcpkms: %w", err)\n'
                    "\t\t}\n"
                    "\t\topener := gcpkms.URLOpener{\n\t\t\tClient: kmsClient,\n\t\t}\n\n"
                    "\t\treturn opener.OpenKeeperURL(ctx, u)\n"
                    "\tdefault:\n\t\treturn gosecrets.OpenKeeper(ctx, url)\n\t}\n",
                    f'\treturn nil, fmt.Errorf("no secrets provider %s:// here: {_NOT_HERE}", u.Scheme)\n',
                ),
            ),
        },
    )
}

KUBERNETES_PROVIDER = {
    # Informers of typed objects: those of the provider are dynamic and need one interface (overlay/informers.go).
    "k8s.io/client-go": Omission(
        paths=(
            "informers/factory.go",
            *(f"informers/{group}" for group in _INFORMERS),
        )
    ),
}
