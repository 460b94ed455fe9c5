"""spec.bootstrap of a VirtualMachine, and what of it goes through a Secret."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from pacific_components.kubernetes import Wire
from pacific_components.validation import SecretValue
from pacific_components.values import text_value
from pacific_infra.documents.guest_bootstrap import (
    CLOUD_CONFIG,
    CloudInit,
    LinuxPrep,
    Sysprep,
    SysprepAnswers,
    VAppConfig,
)
from pacific_infra.documents.virtual_machine import VirtualMachineSpec

USER_DATA = "user-data"
"""Key of the Secret with cloud-init's data."""


class BootstrapSecret:
    """The Secret of a guest's first configuration while it is filled, and how the VirtualMachine names its keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.data: dict[str, Any] = {}
        """Texts by key; all of them are secret."""

    def reference(self, key: str, value: object) -> Wire:
        """The selector of ``value``, which is put under ``key``."""
        self.data[key] = pulumi.Output.secret(text_value(value))
        return {"name": self.name, "key": key}


def bootstrap_spec(spec: VirtualMachineSpec, secret: BootstrapSecret) -> Wire:
    """spec.bootstrap, with what is to be kept secret put into ``secret``; empty where nothing is said."""
    fields: dict[str, Any] = {}
    if spec.cloud_init is not None:
        fields["cloudInit"] = _cloud_init(spec.cloud_init, secret)
    if spec.linux_prep is not None:
        fields["linuxPrep"] = _linux_prep(spec.linux_prep, secret)
    if spec.sysprep is not None:
        fields["sysprep"] = _sysprep(spec.sysprep, secret)
    if spec.v_app_config is not None:
        fields["vAppConfig"] = _vapp_config(spec.v_app_config, secret)
    return fields


def _cloud_init(cloud_init: CloudInit, secret: BootstrapSecret) -> Wire:
    data: Any = cloud_init.user_data
    if cloud_init.cloud_config is not None:
        # JSON is YAML, and keeps numbers and texts apart.
        config = pulumi.Output.from_input(_plain(cloud_init.cloud_config))
        data = config.apply(lambda modules: f"{CLOUD_CONFIG}\n{json.dumps(modules, indent=2)}\n")
    named = cloud_init.user_data_from
    raw = secret.reference(USER_DATA, data) if named is None else {"name": named.secret, "key": named.key}
    return _present({"rawCloudConfig": raw, "sshAuthorizedKeys": cloud_init.ssh_authorized_keys})


def _plain(value: Any) -> Any:
    """Any values of a model as a program hands them on: secrets as outputs."""
    if isinstance(value, SecretValue):
        return pulumi.Output.secret(value.value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _linux_prep(prep: LinuxPrep, secret: BootstrapSecret) -> Wire:
    fields = {
        "timeZone": prep.time_zone,
        "password": _reference(secret, "password", prep.password),
        "expirePasswordAfterNextLogin": prep.expire_password_after_next_login,
        "scriptText": _script(secret, prep.script_text),
    }
    utc = prep.hardware_clock_is_utc
    return {**_present(fields), **({} if utc is None else {"hardwareClockIsUTC": utc})}


def _sysprep(sysprep: Sysprep, secret: BootstrapSecret) -> Wire:
    if sysprep.sysprep is None:
        return {"rawSysprep": secret.reference("unattend", sysprep.raw_sysprep)}
    return {"sysprep": _answers(sysprep.sysprep, secret)}


def _answers(answers: SysprepAnswers, secret: BootstrapSecret) -> Wire:
    user, unattended, identification = answers.user_data, answers.gui_unattended, answers.identification
    fields: dict[str, Any] = {
        "userData": _present(
            {
                "fullName": user.full_name,
                "orgName": user.org_name,
                "productID": _reference(secret, "product_id", user.product_id),
            }
        ),
        "expirePasswordAfterNextLogin": answers.expire_password_after_next_login,
        "scriptText": _script(secret, answers.script_text),
    }
    if unattended is not None:
        logon = {
            "autoLogon": unattended.auto_logon,
            "autoLogonCount": unattended.auto_logon_count,
            "password": _reference(secret, "password", unattended.password),
        }
        fields["guiUnattended"] = {**_present(logon), "timeZone": unattended.time_zone}
    if identification is not None:
        fields["identification"] = _present(
            {
                "joinWorkgroup": identification.join_workgroup,
                "domainAdmin": identification.domain_admin,
                "domainAdminPassword": _reference(
                    secret, "domain_admin_password", identification.domain_admin_password
                ),
                "domainOU": identification.domain_ou,
            }
        )
    if answers.gui_run_once is not None:
        fields["guiRunOnce"] = {"commands": answers.gui_run_once.commands}
    return _present(fields)


def _vapp_config(config: VAppConfig, secret: BootstrapSecret) -> Wire:
    return {
        "properties": [
            {"key": key, "value": _value(secret, f"property-{index}", value)}
            for index, (key, value) in enumerate(config.properties.items())
        ]
    }


def _value(secret: BootstrapSecret, key: str, value: object) -> Wire:
    """A value in the open or, where it is a secret, by reference."""
    if isinstance(value, SecretValue):
        return {"from": secret.reference(key, value)}
    return {"value": text_value(value)}


def _reference(secret: BootstrapSecret, key: str, value: object) -> Wire | None:
    return None if value is None else secret.reference(key, value)


def _script(secret: BootstrapSecret, text: object) -> Wire | None:
    return None if text is None else {"from": secret.reference("script", text)}


def _present(fields: Mapping[str, Any]) -> Wire:
    """Those of ``fields`` that say something: no false, zero or empty list, which are the API's defaults."""
    defaults: tuple[object, ...] = (None, False, 0, ())
    return {name: value for name, value in fields.items() if isinstance(value, pulumi.Output) or value not in defaults}
