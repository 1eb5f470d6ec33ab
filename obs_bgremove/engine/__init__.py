"""The engine: from a camera to finished frames, in a process and a Python environment of its own."""

import logging

# `render`, `preview` and `bench` show errors as one line; without this, Python would print our log beside it.
logging.getLogger(__name__).addHandler(logging.NullHandler())
