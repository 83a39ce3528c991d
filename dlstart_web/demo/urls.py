from django.urls import path

from dlstart_web.demo import views

app_name = "demo"
urlpatterns = [
    path("tour/", views.tour, name="tour"),
    path("try-it/", views.try_it, name="try_it"),
    path("tour/back/", views.view_back, name="view_back"),
    path("tour/<slug:key>/", views.view_as, name="view_as"),
]
