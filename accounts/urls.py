from __future__ import annotations

from django.urls import path

from accounts import token_views, views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignInView.as_view(), name="sign-in"),
    path("sign-in/link/", views.sign_in_by_link, name="sign-in-by-link"),
    path("sign-out/", views.SignOutView.as_view(), name="sign-out"),
    path("tokens/", token_views.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", token_views.revoke_token, name="token-revoke"),
]
