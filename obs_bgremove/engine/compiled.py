"""How the loops of the matte are compiled: once, then kept on the disk; they run without the interpreter lock.

Importing this loads numba, which takes a good part of a second, so only modules that `pipeline` loads on its own thread
do it.
"""

import numba

jit = numba.njit(cache=True, nogil=True, error_model="numpy")
