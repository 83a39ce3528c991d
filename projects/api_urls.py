from django.urls import path

from projects.api import records, vetting

urlpatterns = [
    path("tokens", records.TokenList.as_view(), name="api_tokens"),
    path("tokens/<str:key>", records.TokenDetail.as_view(), name="api_token"),
    path("me", records.Me.as_view(), name="api_me"),
    path("events", records.EventList.as_view(), name="api_events"),
    path("projects", records.ProjectList.as_view(), name="api_projects"),
    path("projects/<slug:slug>", records.ProjectDetail.as_view(), name="api_project"),
    path("proposals", records.ProposalList.as_view(), name="api_proposals"),
    path("proposals/<int:pk>", records.ProposalDetail.as_view(), name="api_proposal"),
    path("proposals/<int:pk>/submit", records.ProposalSubmit.as_view(), name="api_proposal_submit"),
    path("proposals/<int:pk>/reviews", vetting.ReviewList.as_view(), name="api_reviews"),
    path("proposals/<int:pk>/reviews/mine", vetting.OwnReviewDetail.as_view(), name="api_review_mine"),
    path("proposals/<int:pk>/reviews/mine/accept", vetting.ReviewAccept.as_view(), name="api_review_accept"),
    path("proposals/<int:pk>/reviews/mine/skip", vetting.ReviewSkip.as_view(), name="api_review_skip"),
    path("proposals/<int:pk>/reviews/mine/give-back", vetting.ReviewGiveBack.as_view(), name="api_review_give_back"),
    path("proposals/<int:pk>/reviews/mine/submit", vetting.ReviewSubmit.as_view(), name="api_review_submit"),
    path("proposals/<int:pk>/reviewers", vetting.ReviewerList.as_view(), name="api_reviewers"),
    path(
        "proposals/<int:pk>/reviewers/<uuid:review>/release",
        vetting.ReviewerRelease.as_view(),
        name="api_reviewer_release",
    ),
    path("projects/<slug:slug>/conflicts/mine", vetting.OwnConflict.as_view(), name="api_own_conflict"),
    path("proposals/<int:pk>/reply", vetting.ReplyDetail.as_view(), name="api_reply"),
    path("proposals/<int:pk>/decision", vetting.DecisionDetail.as_view(), name="api_decision"),
    path("proposals/<int:pk>/decision/pending", vetting.PendingDetail.as_view(), name="api_decision_pending"),
    path("proposals/<int:pk>/decision/pending/send", vetting.PendingSend.as_view(), name="api_decision_send"),
    path("proposals/<int:pk>/questions", vetting.QuestionList.as_view(), name="api_questions"),
]
