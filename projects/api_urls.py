from django.urls import path

from projects import api

urlpatterns = [
    path("tokens", api.TokenList.as_view(), name="api_tokens"),
    path("tokens/<str:key>", api.TokenDetail.as_view(), name="api_token"),
    path("me", api.Me.as_view(), name="api_me"),
    path("projects", api.ProjectList.as_view(), name="api_projects"),
    path("projects/<slug:slug>", api.ProjectDetail.as_view(), name="api_project"),
    path("proposals", api.ProposalList.as_view(), name="api_proposals"),
    path("proposals/<int:pk>", api.ProposalDetail.as_view(), name="api_proposal"),
    path("proposals/<int:pk>/submit", api.ProposalSubmit.as_view(), name="api_proposal_submit"),
    path("proposals/<int:pk>/reviews", api.ReviewList.as_view(), name="api_reviews"),
    path("proposals/<int:pk>/reviews/mine", api.OwnReviewDetail.as_view(), name="api_review_mine"),
    path("proposals/<int:pk>/questions", api.QuestionList.as_view(), name="api_questions"),
]
