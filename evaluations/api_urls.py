from django.urls import path

from evaluations import api

urlpatterns = [
    path("projects/<slug:slug>/criterion", api.CriterionView.as_view(), name="api_criterion"),
    path("projects/<slug:slug>/criterion/lock", api.CriterionLockView.as_view(), name="api_criterion_lock"),
    path("projects/<slug:slug>/criterion/amend", api.CriterionAmendView.as_view(), name="api_criterion_amend"),
    path("projects/<slug:slug>/ladders", api.LadderListView.as_view(), name="api_ladders"),
    path("projects/<slug:slug>/leaderboard", api.LeaderboardView.as_view(), name="api_leaderboard"),
    path("projects/<slug:slug>/looks", api.LookListView.as_view(), name="api_looks"),
    path("projects/<slug:slug>/verdict", api.VerdictView.as_view(), name="api_verdict"),
    path("projects/<slug:slug>/report", api.ReportView.as_view(), name="api_report"),
    path("ladders/<uuid:pk>", api.LadderView.as_view(), name="api_ladder"),
    path("runs/<uuid:pk>", api.RunView.as_view(), name="api_run"),
    path("runs/<uuid:pk>/curves", api.RunCurvesView.as_view(), name="api_run_curves"),
    path("runs/<uuid:pk>/forecast", api.RunForecastView.as_view(), name="api_run_forecast"),
    path("runs/<uuid:pk>/operating-point", api.OperatingPointView.as_view(), name="api_run_operating_point"),
    path("runs/<uuid:pk>/cancel", api.RunCancelView.as_view(), name="api_run_cancel"),
]
