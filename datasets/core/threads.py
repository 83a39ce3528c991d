"""One thread for what computes: a machine of two cores has other things to do."""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """One thread for BLAS and OpenMP while the context is open."""
    limited: AbstractContextManager[object] = _pools(len(sys.modules)).limit(limits=1)
    return limited


@lru_cache(maxsize=1)
def _pools(modules: int) -> ThreadpoolController:
    """The libraries that are loaded. To find them takes 3 ms, so they are looked for again only once a module has come."""
    return ThreadpoolController()
