"""Addresses of signing in, of one's own account, of officers and posts."""

from typing import Any

from django.urls import path

from bangfu.web.accounts import mine, officers, views

urlpatterns: list[Any] = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-in/code/", views.sign_in_code, name="sign-in-code"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("language/", views.set_language, name="set-language"),
    path("my-account/", mine.my_account, name="my-account"),
    path("my-account/password/", mine.change_password, name="change-password"),
    path("my-account/two-factor/", mine.two_factor, name="two-factor"),
    path("officers/", officers.officer_list, name="officer-list"),
    path("officers/new/", officers.officer_create, name="officer-create"),
    path("officers/areas/", officers.area_options, name="officer-areas"),
    path("officers/<int:officer_id>/", officers.officer_page, name="officer-page"),
    path("officers/<int:officer_id>/change/", officers.officer_change, name="officer-change"),
    path("officers/<int:officer_id>/close/", officers.officer_close, name="officer-close"),
    path("officers/<int:officer_id>/password/", officers.officer_reset_password, name="officer-reset-password"),
    path("officers/<int:officer_id>/unlock/", officers.officer_unlock, name="officer-unlock"),
    path("officers/<int:officer_id>/two-factor/", officers.officer_end_two_factor, name="officer-end-two-factor"),
    path("officers/<int:officer_id>/posts/", officers.post_assign, name="post-assign"),
    path("officers/posts/<int:post_id>/end/", officers.post_end, name="post-end"),
]
