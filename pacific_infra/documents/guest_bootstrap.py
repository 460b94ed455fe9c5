"""The first configuration of a VM's guest: cloud-init, LinuxPrep, Sysprep, vApp properties.

Fields are those of spec.bootstrap of VM Operator's VirtualMachine, with its abbreviations in camelCase (api/v1alpha5 of
github.com/vmware-tanzu/vm-operator v1.10.0). Where VM Operator names a Secret, a document names a secret of the stack.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from pacific_infra.documents.files import MAXIMUM_CONFIG_MAP_SIZE
from pacific_infra.documents.kubernetes_objects import Origin, reading_problem
from pacific_infra.documents.kubernetes_yaml import read_kubernetes_yaml
from pacific_infra.documents.marks import PLAIN, InPrograms
from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.names import FileName, TimeZone
from pacific_infra.documents.numbers import EXACT_NUMBERS, QUOTE_IF_TEXT, Count, inexact_numbers
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.resource_secrets import secrets_in, template_values
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import (
    SecretTemplate,
    SecretText,
    StackSecret,
    TextOrSecret,
    mark_problems,
    template_of,
    template_parts,
)
from pacific_infra.documents.text import TextSource
from pacific_infra.documents.unknown import Unknown
from pacific_infra.documents.yaml_reader import TextError

CLOUD_CONFIG = "#cloud-config"
_USER_DATA_STARTS = (CLOUD_CONFIG, "#!", "#include", "## template: jinja", "Content-Type: multipart", "MIME-Version:")


class SecretKey(Model):
    """A key of a Kubernetes Secret of the same namespace."""

    secret: FileName
    """Name of the Secret; an ExternalSecret of this name goes first."""
    key: FileName
    """The key in it."""


class CloudInit(CheckedModel):
    """The guest's first configuration by cloud-init: `userData`, `userDataFrom` or `cloudConfig`."""

    user_data: Annotated[TextOrSecret | None, InPrograms("cloud-init user data. It becomes a Secret.")] = None
    """cloud-init user data: the text itself or `{file: name}`; with secrets of the stack's configuration in it, by
    `{template: text}`, or as a whole, by `{config: KEY}`. It becomes a Secret."""
    user_data_from: Annotated[SecretKey | None, PLAIN] = None
    """cloud-init user data that a Secret of others has, such as one of an ExternalSecret: it is in no state."""
    cloud_config: Annotated[
        dict[str, Any] | None,
        AfterValidator(template_values),
        PLAIN,
        InPrograms("The modules of a cloud-config; outputs may be in them. It becomes a Secret."),
    ] = Field(default=None, min_length=1)
    """The modules of a cloud-config, such as `users`, `packages` and `runcmd`, as cloud-init's documentation has them.
    ${config.KEY} in a text stands for the secret KEY of the stack's configuration. It becomes a Secret."""
    ssh_authorized_keys: Listed[str] = ()
    """Public keys of the guest's default user."""

    def problems(self) -> Iterator[Problem]:
        if sum(value is not None for value in (self.user_data, self.user_data_from, self.cloud_config)) != 1:
            yield Problem("cloudInit has either userData, userDataFrom or cloudConfig", fix="give one of them")
        if self.user_data is not None:
            yield from _user_data_problems(self.user_data)
        for path, number in inexact_numbers(self.cloud_config or {}, ("cloudConfig",)):
            yield Problem("the number would be changed on its way", path, number, EXACT_NUMBERS, QUOTE_IF_TEXT)
        for path, secret in secrets_in(self.cloud_config or {}, ("cloudConfig",)):
            if isinstance(secret, SecretTemplate):
                yield from mark_problems(secret.template.text, path)


def _user_data_problems(user_data: TextOrSecret) -> Iterator[Problem]:
    if isinstance(user_data, SecretText | Unknown):
        return
    yield from _size_problems(user_data, ("userData",), "the user data is too large")
    source = template_of(user_data)
    text = source.text.lstrip()
    if text.startswith(CLOUD_CONFIG):
        yield from _cloud_config_problems(source)
    elif not text.startswith(_USER_DATA_STARTS):
        first = text.partition("\n")[0][:60]
        problem = "cloud-init does not know user data that begins like this"
        marked = first.startswith("\ufeff")
        fix = "save the file without a byte order mark" if marked else f"make {CLOUD_CONFIG} its first line"
        yield Problem(problem, ("userData",), first, fix=fix)


def _cloud_config_problems(source: TextSource) -> Iterator[Problem]:
    """What cloud-init would pass over in silence: a guest would then start without all of it."""
    # What stands for a secret is no YAML inside {}.
    parts = template_parts(source.text)
    text = "".join(part if index % 2 == 0 else "secret" for index, part in enumerate(parts))
    origin = Origin(("userData",), source.file)
    try:
        documents = list(read_kubernetes_yaml(text))
    except TextError as error:
        yield reading_problem(error, origin)
        return
    for document in documents[:1]:
        if not isinstance(document.value, dict):
            problem = "a cloud-config is an object of modules, such as packages and runcmd"
            yield Problem(problem, ("userData",), file=source.file, line=document.line)


def _size_problems(text: TextOrSecret | None, path: Path, problem: str = "the text is too large") -> Iterator[Problem]:
    if text is None or isinstance(text, SecretText | Unknown):
        return
    size = len(template_of(text).text.lstrip().encode())
    if size > MAXIMUM_CONFIG_MAP_SIZE:
        yield Problem(problem, path, f"{size} bytes", f"{MAXIMUM_CONFIG_MAP_SIZE} bytes or less, as a Secret holds")


class LinuxPrep(CheckedModel):
    """The customization of a Linux guest by VMware Tools, without cloud-init."""

    hardware_clock_is_utc: bool | None = None
    """Whether the hardware clock is in UTC; false: in local time."""
    time_zone: TimeZone | None = None
    """Time zone of the tz database, such as Europe/Sofia."""
    password: StackSecret | None = None
    """The new password of root. It becomes a Secret."""
    expire_password_after_next_login: bool = False
    """Whether root has to change the password after the next login."""
    script_text: Annotated[TextOrSecret | None, InPrograms("The script, run before and after it. A Secret.")] = None
    """A script that runs before and after the customization, with `precustomization` or `postcustomization` as its
    argument: the text or `{file: name}`. It becomes a Secret."""

    def problems(self) -> Iterator[Problem]:
        yield from _size_problems(self.script_text, ("scriptText",))


class SysprepUserData(Model):
    """Whose Windows it is."""

    full_name: Annotated[str, Field(min_length=1)]
    """The user's full name."""
    org_name: Annotated[str, Field(min_length=1)]
    """The user's organization."""
    product_id: StackSecret | None = None
    """The serial number; without it the image must have a volume licence key. It becomes a Secret."""


class SysprepUnattended(CheckedModel):
    """What Windows would ask at its first start."""

    password: StackSecret | None = None
    """The administrator's new password. It becomes a Secret."""
    auto_logon: bool = False
    """Whether the administrator is logged on by itself."""
    auto_logon_count: Count = 0
    """How many times, where `autoLogon` is true."""
    time_zone: Count = 85
    """Windows' index of the time zone; 85 is UTC."""

    def problems(self) -> Iterator[Problem]:
        if self.auto_logon is True and (self.password is None or self.auto_logon_count == 0):
            problem = "autoLogon needs the password, and how many times"
            yield Problem(problem, ("autoLogon",), True, fix="add password and autoLogonCount, or remove autoLogon")


class SysprepIdentification(CheckedModel):
    """The workgroup that Windows joins, or how it joins the domain of `network.domain`."""

    join_workgroup: Annotated[str | None, Field(min_length=1)] = None
    """The workgroup."""
    domain_admin: Annotated[str | None, Field(min_length=1)] = None
    """User of the domain who may add computers to it."""
    domain_admin_password: StackSecret | None = None
    """The user's password. It becomes a Secret."""
    domain_ou: Annotated[str | None, Field(min_length=1)] = None
    """LDAP path of the organizational unit that the computer comes to."""

    @property
    def joins_domain(self) -> bool:
        """Whether it says how a domain is joined."""
        return self.domain_admin is not None and self.domain_admin_password is not None

    def problems(self) -> Iterator[Problem]:
        of_domain = (self.domain_admin, self.domain_admin_password, self.domain_ou)
        if self.join_workgroup is not None and any(value is not None for value in of_domain):
            problem = "a computer joins either a workgroup or a domain"
            yield Problem(problem, ("joinWorkgroup",), self.join_workgroup, fix="give one of the two")


class SysprepRunOnce(Model):
    """What runs at the first logon."""

    commands: Listed[Annotated[str, Field(min_length=1)]]
    """Commands, in their order."""


class SysprepAnswers(CheckedModel):
    """A Windows answer file by its fields."""

    user_data: SysprepUserData
    """Whose Windows it is."""
    gui_unattended: SysprepUnattended | None = None
    """What Windows would ask at its first start."""
    identification: SysprepIdentification | None = None
    """Workgroup or domain; default: the image's workgroup."""
    gui_run_once: SysprepRunOnce | None = None
    """What runs at the first logon."""
    expire_password_after_next_login: bool = False
    """Whether administrators have to change their passwords after the next login."""
    script_text: Annotated[TextOrSecret | None, InPrograms("The batch file, run before and after it. A Secret.")] = None
    """A batch file that runs before and after the customization, with `precustomization` or `postcustomization` as its
    argument: the text or `{file: name}`. It becomes a Secret."""

    def problems(self) -> Iterator[Problem]:
        yield from _size_problems(self.script_text, ("scriptText",))


class Sysprep(CheckedModel):
    """The first configuration of a Windows guest: `sysprep`, its fields, or `rawSysprep`, the whole answer file."""

    sysprep: SysprepAnswers | None = None
    """The answer file by its fields."""
    raw_sysprep: Annotated[TextOrSecret | None, InPrograms("The answer file, XML. It becomes a Secret.")] = None
    """The answer file, XML: the text or `{file: name}`; with secrets of the stack's configuration in it, by
    `{template: text}`. It becomes a Secret."""

    @property
    def texts(self) -> bool:
        """Whether it has a text that goes through a Secret."""
        return self.raw_sysprep is not None or (self.sysprep is not None and self.sysprep.script_text is not None)

    def problems(self) -> Iterator[Problem]:
        if (self.sysprep is None) == (self.raw_sysprep is None):
            yield Problem("sysprep has either its fields or rawSysprep", fix="give one of the two")
        yield from _size_problems(self.raw_sysprep, ("rawSysprep",))


class VAppConfig(Model):
    """Properties of an appliance's OVF, which its guest reads."""

    properties: Annotated[
        dict[str, TextOrSecret],
        PLAIN,
        InPrograms("Values by the property's key; each may be an output."),
    ] = Field(min_length=1)
    """Values by the property's key. Secrets of the stack's configuration, by `{config: KEY}` or `{template: text}`, go
    through a Secret. VM Operator puts the VM's network in where a value has its templates, such as
    {{ (index .V1alpha5.Net.Devices 0).MacAddress }}."""
