"""`python -m obs_bgremove VERB`: see cli.py."""

import sys

from obs_bgremove.cli import main

sys.exit(main(sys.argv[1:]))
