"""One thread while it is asked for, of every library that is loaded by then."""

from threadpoolctl import threadpool_info, threadpool_limits

from datasets.core import threads


def counts() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()}


def test_one_thread_holds_while_it_is_open_and_as_many_as_before_come_back():
    with threadpool_limits(limits=2):
        for _ in range(2):
            with threads.one_thread():
                inside = counts()

            assert (inside, counts()) == ({1}, {2})
