"""The language host starts without Pulumi's SDK: programs import it in processes of their own."""

import platform
import subprocess
import sys

from pulumi.runtime.proto import language_pb2 as messages

from pacific_sandbox.language_host.child import Children
from pacific_sandbox.language_host.server import LanguageHost
from tests.support.waiting import PATIENCE


def test_the_host_knows_the_engines_messages_and_not_the_sdk() -> None:
    code = """
import sys
from pacific_sandbox.language_host.messages import without_sdk
without_sdk()
from pacific_sandbox.language_host import serving
from pacific_sandbox.language_host.server import messages
request = messages.RunRequest.FromString(messages.RunRequest(project="shop").SerializeToString())
print(request.project, [name for name in ("pulumi.output", "pulumi.runtime.stack") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "shop []\n"


def test_a_program_without_an_environment_of_its_own_runs_with_the_hosts_python() -> None:
    about = LanguageHost("", Children()).About(messages.AboutRequest(), None)
    assert (about.executable, about.version) == (sys.executable, platform.python_version())
