"""What the processor does to 8-bit products."""

from __future__ import annotations

import platform
import re
from pathlib import Path

__all__ = ["saturates"]

_X86 = {"x86_64", "amd64", "i386", "i686"}
_CPUINFO = Path("/proc/cpuinfo")


def saturates() -> bool:
    """Say whether fast 8-bit kernels clip sums of two products at 16 bits on this processor.

    Those of x86 without VNNI do (VPMADDUBSW): vectors would differ from those of other
    machines. ONNX Runtime then has to use its slower exact kernels; with VNNI, and on ARM, the
    fast ones are exact. Where the features cannot be read, it is taken to clip.
    """
    if platform.machine().lower() not in _X86:
        return False
    try:
        features = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return re.search(r"\bavx(512)?_vnni\b", features) is None
