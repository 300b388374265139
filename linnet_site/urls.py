"""Which address leads where; the application's own are in `sessions_app.urls`."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # its own form would pass by the second step

handler400 = "sessions_app.views.errors.bad_request"
handler403 = "sessions_app.views.errors.forbidden"
handler404 = "sessions_app.views.errors.not_found"
handler429 = "sessions_app.views.errors.too_often"  # django-allauth's
handler500 = "sessions_app.views.errors.broken"

urlpatterns = [
    path("", include("sessions_app.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
