from django.urls import path

from projects import views

app_name = "projects"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("settings/", views.my_settings, name="my_settings"),
    path("settings/tokens/", views.token_list, name="token_list"),
    path("settings/tokens/<str:key>/delete/", views.token_delete, name="token_delete"),
    path("join/<str:secret>/", views.invitation_accept, name="invitation_accept"),
    path("people/", views.person_list, name="person_list"),
    path("people/invite/", views.person_invite, name="person_invite"),
    path("people/<int:pk>/", views.person_edit, name="person_edit"),
    path("teams/", views.team_list, name="team_list"),
    path("teams/new/", views.team_create, name="team_create"),
    path("teams/<slug:slug>/", views.team_detail, name="team_detail"),
    path("teams/<slug:slug>/rename/", views.team_rename, name="team_rename"),
    path("teams/<slug:slug>/invite/", views.invitation_create, name="invitation_create"),
    path("teams/<slug:slug>/invitations/<int:pk>/withdraw/", views.invitation_withdraw, name="invitation_withdraw"),
    path("teams/<slug:slug>/members/<int:pk>/role/", views.member_role, name="member_role"),
    path("teams/<slug:slug>/members/<int:pk>/leave/", views.member_leave, name="member_leave"),
    path("reviews/", views.review_list, name="review_list"),
    path("projects/", views.project_list, name="project_list"),
    path("projects/new/", views.project_create, name="project_create"),
    path("projects/examples/<slug:key>/", views.example_detail, name="example_detail"),
    path("projects/<slug:slug>/", views.project_detail, name="project_detail"),
    path("projects/<slug:slug>/handler/", views.handler_assign, name="handler_assign"),
    path("projects/<slug:slug>/review/", views.review_overview, name="review_overview"),
    path("projects/<slug:slug>/revise/", views.proposal_revise, name="proposal_revise"),
    path("projects/<slug:slug>/proposal/<int:number>/", views.proposal_preview, name="proposal_preview"),
    path(
        "projects/<slug:slug>/proposal/<int:number>/write/<slug:section>/",
        views.proposal_section,
        name="proposal_section",
    ),
    path(
        "projects/<slug:slug>/proposal/<int:number>/answers/<str:question>/",
        views.proposal_answer,
        name="proposal_answer",
    ),
    path("projects/<slug:slug>/proposal/<int:number>/submit/", views.proposal_submit, name="proposal_submit"),
    path("projects/<slug:slug>/proposal/<int:number>/withdraw/", views.proposal_withdraw, name="proposal_withdraw"),
    path("projects/<slug:slug>/proposal/<int:number>/changes/", views.proposal_changes, name="proposal_changes"),
    path("projects/<slug:slug>/proposal/<int:number>/questions/", views.question_ask, name="question_ask"),
    path(
        "projects/<slug:slug>/proposal/<int:number>/questions/<int:pk>/", views.question_answer, name="question_answer"
    ),
    path("projects/<slug:slug>/proposal/<int:number>/board/", views.review_board, name="review_board"),
    path("projects/<slug:slug>/proposal/<int:number>/reviewers/", views.reviewer_assign, name="reviewer_assign"),
    path("projects/<slug:slug>/proposal/<int:number>/decision/", views.decision_make, name="decision_make"),
    path("projects/<slug:slug>/proposal/<int:number>/review/", views.review_edit, name="review_edit"),
    path("projects/<slug:slug>/proposal/<int:number>/review/submit/", views.review_submit, name="review_submit"),
    path("projects/<slug:slug>/proposal/<int:number>/review/decline/", views.review_decline, name="review_decline"),
]
