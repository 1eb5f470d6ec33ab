"""How the loops of the matte are compiled: once, kept on the disk, without the interpreter lock.

Importing this loads numba, which takes a good part of a second: only what `pipeline` loads on its own thread does.
"""

import numba

jit = numba.njit(cache=True, nogil=True, error_model="numpy")
