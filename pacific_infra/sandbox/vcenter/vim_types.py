"""pyvmomi's modules, whose classes are made at run time and have no usable annotations."""

import importlib
from typing import Any

import pyVmomi
from pyVim import connect
from pyVmomi import SoapAdapter, VmomiSupport

vim: Any = pyVmomi.vim
vmodl: Any = pyVmomi.vmodl
pbm: Any = importlib.import_module("pyVmomi").pbm
soap_stub_adapter: Any = SoapAdapter.SoapStubAdapter
smart_connect: Any = connect.SmartConnect
disconnect: Any = connect.Disconnect
newest_versions: Any = VmomiSupport.newestVersions
request_context: Any = VmomiSupport.GetRequestContext
