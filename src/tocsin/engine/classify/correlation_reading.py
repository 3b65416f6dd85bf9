"""A correlation given to pySigma: it is Sigma's own form, and has to be read by others too."""

from __future__ import annotations

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError

from tocsin.catalogue.correlations import Correlation
from tocsin.model.errors import Problem


def read_correlation(correlation: Correlation) -> Problem | None:
    """What Sigma says against it, with the line of its file."""
    said = correlation.document.data
    whole = said.get("correlation") if isinstance(said, dict) else None
    given = {"title": correlation.title, "id": correlation.id, "correlation": whole}
    try:
        SigmaCorrelationRule.from_dict(given)
    except SigmaError as error:
        told = " ".join(str(error).split())
        return correlation.problem(("correlation",), f"Sigma does not take this: {told}")
    return None
