"""pyvmomi's modules, whose classes are made at run time and have no usable annotations."""

import importlib
from typing import Any

_pyvmomi: Any = importlib.import_module("pyVmomi")

vim: Any = _pyvmomi.vim
vmodl: Any = _pyvmomi.vmodl
pbm: Any = _pyvmomi.pbm
soap_stub_adapter: Any = _pyvmomi.SoapStubAdapter
newest_versions: Any = _pyvmomi.VmomiSupport.newestVersions
request_context: Any = _pyvmomi.VmomiSupport.GetRequestContext
