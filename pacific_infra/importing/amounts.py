"""vCenter's whole MHz and MiB as documents write them."""


def frequency(mhz: int) -> str:
    """``4GHz``, or ``4500MHz`` where GHz would not be whole."""
    return f"{mhz // 1000}GHz" if mhz and mhz % 1000 == 0 else f"{mhz}MHz"


def memory(mib: int) -> str:
    """``8Gi``, or ``8193Mi`` where Gi would not be whole."""
    return f"{mib // 1024}Gi" if mib and mib % 1024 == 0 else f"{mib}Mi"
