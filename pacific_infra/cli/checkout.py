"""``./run pacific``: a checkout's command, which installs its toolchain first, in the same process."""

import os
import sys

from pacific_infra.cli import main
from pacific_infra.toolchain.__main__ import main as install

if __name__ == "__main__":
    if code := install(os.environ.update):
        sys.exit(code)
    main()
