from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "dlstart_web.kit"
