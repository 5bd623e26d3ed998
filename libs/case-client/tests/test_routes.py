"""Operations by their routes."""

import pytest
from forkant_case_client import CaseService
from forkant_case_client.operations import ROUTES
from forkant_case_client.routes import find


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_an_operation_is_found_whatever_its_path_calls_the_ids(route):
    other_names = route.path.replace("{", "{my_")
    assert find(ROUTES, method=route.method, path=other_names) is route
    assert callable(getattr(CaseService, route.name))


def test_a_route_that_no_operation_answers_to_is_an_error():
    with pytest.raises(LookupError, match="DELETE /v1/cases"):
        find(ROUTES, method="DELETE", path="/v1/cases")
