"""Every address of the product; each room names its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("interlock.web.urls")),
    path("", include("interlock.listen.urls")),
    path("", include("interlock.converse.urls")),
    path("", include("interlock.converse.loop.urls")),
    path("", include("interlock.converse.notices.urls")),
    path("", include("interlock.converse.widget.urls")),
    path("", include("interlock.converse.community.urls")),
    path("", include("interlock.reconnect.urls")),
    path("", include("interlock.api.urls")),
    path("account/", include("allauth.urls")),
]
handler400 = "interlock.web.errors.bad_request"
handler403 = "interlock.web.errors.forbidden"
handler404 = "interlock.web.errors.not_found"
handler500 = "interlock.web.errors.server_error"
