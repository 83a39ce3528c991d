from django.apps import AppConfig


class DlstartConfig(AppConfig):
    name = "dlstart_web"
