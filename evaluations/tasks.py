"""Celery's doorway: a task takes a job's id and token and calls one function."""

from celery import shared_task

from evaluations import forecasting, handing_in, inspecting, predicting, scoring, spreading, training


@shared_task(name="evaluations.tasks.train")
def train(run_id: str, token: str) -> None:
    training.execute(run_id=run_id, token=token)


@shared_task(name="evaluations.tasks.score")
def score(submission_id: str, token: str) -> None:
    scoring.execute(submission_id=submission_id, token=token)


@shared_task(name="evaluations.tasks.hand_in_again")
def hand_in_again(job_id: str, token: str) -> None:
    scoring.hand_in_again(job_id=job_id, token=token)


@shared_task(name="evaluations.tasks.forecast")
def forecast(forecast_id: str, token: str) -> None:
    forecasting.execute(forecast_id=forecast_id, token=token)


@shared_task(name="evaluations.tasks.spread")
def spread(spread_id: str, token: str) -> None:
    spreading.execute(spread_id=spread_id, token=token)


@shared_task(name="evaluations.tasks.inspect")
def inspect(inspection_id: str, token: str) -> None:
    inspecting.execute(inspection_id=inspection_id, token=token)


@shared_task(name="evaluations.tasks.predict")
def predict(prediction_id: str, token: str) -> None:
    predicting.execute(prediction_id=prediction_id, token=token)


@shared_task(name="evaluations.tasks.hand_in")
def hand_in(file_id: str, token: str) -> None:
    handing_in.execute(file_id=file_id, token=token)
