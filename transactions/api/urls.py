"""Everything under `/api/`."""

from csp.decorators import csp_update
from django.urls import path, re_path

from transactions.api import pages, views

urlpatterns = [
    path("v1/transactions", views.TransactionsView.as_view()),
    path("v1/transactions/<uuid:transaction_id>", views.TransactionView.as_view()),
    path("v1/transactions/<uuid:transaction_id>/events", views.EventsView.as_view()),
    path("schema/", pages.SchemaView.as_view(), name="api-schema"),
    path("docs/", csp_update(pages.DOCS_CSP)(pages.DocsView.as_view()), name="api-docs"),
    path("problems/<slug:code>", pages.ProblemView.as_view()),
    re_path("", pages.NotFoundView.as_view()),
]
