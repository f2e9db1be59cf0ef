"""`python -m jitgate`, the same as the console script `jitgate`."""

import sys

from jitgate.cli.main import main

sys.exit(main())
