from django.urls import path

from evaluations import views

app_name = "evaluations"
urlpatterns = [
    path("projects/<slug:slug>/criterion/", views.criterion, name="criterion"),
    path("projects/<slug:slug>/ladder/", views.ladder, name="ladder"),
    path("projects/<slug:slug>/ladder/run/", views.ladder_run, name="ladder_run"),
    path("projects/<slug:slug>/ladder/cancel/", views.ladder_cancel, name="ladder_cancel"),
    path("ladders/<uuid:pk>/fragment/", views.ladder_fragment, name="ladder_fragment"),
    path("projects/<slug:slug>/leaderboard/", views.leaderboard, name="leaderboard"),
    path("runs/<uuid:pk>/", views.run_detail, name="run_detail"),
    path("runs/<uuid:pk>/fragment/", views.run_fragment, name="run_fragment"),
    path("runs/<uuid:pk>/figure/", views.run_figure, name="run_figure"),
    path("runs/<uuid:pk>/cancel/", views.run_cancel, name="run_cancel"),
    path("runs/<uuid:pk>/retry/", views.run_retry, name="run_retry"),
    path("runs/<uuid:pk>/forecast/", views.run_forecast, name="run_forecast"),
    path("runs/<uuid:pk>/forecast/figure/", views.run_forecast_figure, name="run_forecast_figure"),
    path("runs/<uuid:pk>/looks-at/", views.run_inspection, name="run_inspection"),
    path("runs/<uuid:pk>/looks-at/question/", views.run_label_question, name="run_label_question"),
    path("runs/<uuid:pk>/take-away/", views.run_takeaway, name="run_takeaway"),
    path("runs/<uuid:pk>/take-away/card.md", views.run_card, name="run_card"),
    path("runs/<uuid:pk>/take-away/reproduce.py", views.run_script, name="run_script"),
    path("runs/<uuid:pk>/take-away/model.zip", views.run_model, name="run_model"),
    path("runs/<uuid:pk>/operating-point/", views.operating_point, name="operating_point"),
    path("projects/<slug:slug>/look/", views.look, name="look"),
    path("projects/<slug:slug>/looks/", views.look_list, name="look_list"),
    path("projects/<slug:slug>/looks/fragment/", views.look_fragment, name="look_fragment"),
    path("projects/<slug:slug>/final/", views.opening, name="opening"),
    path("projects/<slug:slug>/final/agree/", views.opening_agree, name="opening_agree"),
    path("projects/<slug:slug>/final/retry/", views.opening_retry, name="opening_retry"),
    path("projects/<slug:slug>/verdict/", views.verdict, name="verdict"),
    path("projects/<slug:slug>/report/", views.report, name="report"),
    path("projects/<slug:slug>/predict/", views.predict, name="predict"),
    path("predictions/<uuid:pk>/", views.prediction_download, name="prediction_download"),
    path("surprises/", views.surprise_list, name="surprise_list"),
    path("jobs/", views.jobs_fragment, name="jobs_fragment"),
]
