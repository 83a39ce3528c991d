"""The API of the portfolio."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluations import selectors
from evaluations.serializers import PortfolioSerializer
from projects.http import ApiRequest


class PortfolioView(APIView):
    """Reviewed projects, best band first."""

    @extend_schema(responses=PortfolioSerializer, operation_id="portfolio")
    def get(self, request: ApiRequest) -> Response:
        """Those whose reviews you may see; the others are absent, and no count tells of them."""
        found = selectors.portfolio(request.user)
        rows = [selectors.table_row(entry) for entry in found.all]
        return Response(PortfolioSerializer({"projects": rows, "overlaps": found.overlaps, "alpha": found.alpha}).data)
