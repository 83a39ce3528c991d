from django.urls import path

from dlstart_web.kit import views

app_name = "kit"
urlpatterns = [
    path("method/", views.method, name="method"),
    path("glossary/", views.glossary, name="glossary"),
    path("keys/", views.keys, name="keys"),
    path("theme/", views.theme_set, name="theme_set"),
    path("language/", views.language_set, name="language_set"),
    path("keys/set/", views.keys_set, name="keys_set"),
]
