"""One thread for what computes: a machine of two cores has other things to do."""

from contextlib import AbstractContextManager

from threadpoolctl import get_cached_controller


def one_thread() -> AbstractContextManager[object]:
    """One thread for BLAS and OpenMP while the context is open; what is loaded is looked for once, since it takes 3 ms."""
    limited: AbstractContextManager[object] = get_cached_controller().limit(limits=1)
    return limited
