"""What is said where the passphrase at hand is not the one that a stack's secrets were encrypted with."""

from pathlib import Path

from pacific_infra.converge.passphrase import wrong_passphrase

SECRETS = """\
config:
  pacific:password:
    secure: v1:a:b
  estate:names:
    - secure: v1:c:d
encryptionsalt: v1:e:v1:f:g
"""
OF_FILE = {"PULUMI_CONFIG_PASSPHRASE_FILE": "/state/passphrase", "PULUMI_BACKEND_URL": "file:///state/pulumi"}


def test_a_state_folder_that_does_not_know_the_stack_is_named_with_both_ways_on(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(SECRETS)
    assert str(wrong_passphrase(file, OF_FILE, recorded=False)) == (
        "Pulumi.dev.yaml:6: its secrets are encrypted with another passphrase: fix: the passphrase was read from "
        "/state/passphrase: put the right one there; this backend has no record of the stack (file:///state/pulumi): "
        "set XDG_STATE_HOME, or PULUMI_BACKEND_URL, to where the stack was created; "
        "its passphrase is there too; where that is lost: remove line 6 and the secrets (line 3, 5) of "
        "Pulumi.dev.yaml, set these again (pulumi config set --secret KEY), and the next up adopts what is this stack's"
    )


def test_without_secrets_the_salt_alone_goes(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("encryptionsalt: v1:e:v1:f:g\n")
    assert str(wrong_passphrase(file, OF_FILE, recorded=False)).endswith(
        "where that is lost: remove line 1 of Pulumi.dev.yaml, and the next up adopts what is this stack's"
    )


def test_a_recorded_stack_only_needs_the_right_passphrase(tmp_path: Path) -> None:
    assert str(wrong_passphrase(tmp_path / "Pulumi.dev.yaml", {"PULUMI_CONFIG_PASSPHRASE": "x"}, recorded=True)) == (
        "Pulumi.dev.yaml: its secrets are encrypted with another passphrase: "
        "fix: the passphrase is that of PULUMI_CONFIG_PASSPHRASE: set the right one"
    )
