from __future__ import annotations


def test_the_secret_is_in_no_row_and_no_repr(endpoint):
    assert "very" not in endpoint.sealed_secret
    assert endpoint.target().secret == "sk-very-secret"
    assert "very" not in repr(endpoint.target())
