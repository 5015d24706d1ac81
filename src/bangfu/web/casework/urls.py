"""Addresses of casework."""

from typing import Any

from django.urls import path

from bangfu.web.casework import meetings, postings, samples

urlpatterns: list[Any] = [
    path("meetings/", meetings.meeting_list, name="meeting-list"),
    path("meetings/new/", meetings.meeting_new, name="meeting-new"),
    path("meetings/<int:pk>/", meetings.meeting, name="meeting"),
    path("meetings/<int:pk>/people/", meetings.meeting_people, name="meeting-people"),
    path("meetings/<int:pk>/present/", meetings.meeting_present, name="meeting-present"),
    path("meetings/<int:pk>/votes/<int:vote>/", meetings.meeting_vote, name="meeting-vote"),
    path("meetings/<int:pk>/close/", meetings.meeting_close, name="meeting-close"),
    path("meetings/<int:pk>/papers/", meetings.meeting_photo, name="meeting-photo"),
    path("meetings/<int:pk>/papers/<int:paper>/", meetings.meeting_paper, name="meeting-paper"),
    path("postings/", postings.posting_list, name="posting-list"),
    path("postings/new/", postings.posting_new, name="posting-new"),
    path("postings/<int:pk>/", postings.posting, name="posting"),
    path("postings/<int:pk>/pdf/", postings.posting_pdf, name="posting-pdf"),
    path("postings/<int:pk>/photos/", postings.posting_photo, name="posting-photo"),
    path("postings/<int:pk>/photos/<int:photo>/", postings.posting_photo_file, name="posting-photo-file"),
    path("postings/<int:pk>/objections/", postings.posting_object, name="posting-object"),
    path("postings/<int:pk>/objections/<int:objection>/", postings.posting_answer, name="posting-answer"),
    path("postings/<int:pk>/down/", postings.posting_down, name="posting-down"),
    path("samples/", samples.sample_list, name="sample-list"),
    path("samples/new/", samples.sample_draw, name="sample-draw"),
    path("samples/<int:pk>/", samples.sample, name="sample"),
    path("samples/<int:pk>/<int:sampled>/", samples.sample_check, name="sample-check"),
]
