"""The command lines of dlstart's processes: one table for `dlstart run`, docker-compose.yml and the tests."""

QUEUES = ("ingest", "train", "score")

# Fits run with one thread each, and idle threads sleep: two busy pools on two cores cost ten times the CPU and more.
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "OPENBLAS_NUM_THREADS": "1",
    # Polars else maps whole files into memory and fetches 128 row groups ahead
    "POLARS_FORCE_ASYNC": "1",
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "4",
}

MIGRATE = ["python", "-m", "django", "migrate", "--verbosity", "0"]
REAPER = ["python", "-m", "django", "reap"]
DEMO = ["python", "-m", "django", "demo", "advance"]  # its ladder is really trained, by the worker, after the start


def web(bind: str, *, workers: int = 2, threads: int = 4) -> list[str]:
    """Pages and API. Threads, since an upload of a gigabyte may hold one for minutes."""
    config = ["--config", "python:dlstart_web.gunicorn_conf", "--bind", bind]
    size = ["--workers", str(workers), "--threads", str(threads)]
    return ["python", "-m", "gunicorn", *config, *size, "dlstart_web.wsgi"]


def worker(queues: tuple[str, ...] = QUEUES, *, concurrency: int = 2) -> list[str]:
    """Ingestion, training, scoring. Prefork, since time limits act nowhere else."""
    # Workers need not know of each other: the job rows tell what is taken.
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    size = ["--pool", "prefork", "--concurrency", str(concurrency), "--queues", ",".join(queues)]
    return ["python", "-m", "celery", "--quiet", "-A", "dlstart_web", "worker", "--loglevel", "WARNING", *size, *alone]
