"""What is read out of an expression, on expressions whose answer can be seen."""

import pytest
from promql import asked


@pytest.mark.parametrize(
    ("expression", "selectors", "labels"),
    [
        ("up", {"up"}, set()),
        ("up == 0", {"up"}, set()),
        ('up{job!="node"} == 0', {'up{job!="node"}'}, set()),
        ("site:errors:ratio > 0.05", {"site:errors:ratio"}, set()),
        ("a / b * 1e9 - 21 * 86400", {"a", "b"}, set()),
        ("sum by (code) (rate(a_total[5m]))", {"a_total"}, {"code"}),
        ('1 - avg by (x, y) (rate(a{m="idle"}[5m]))', {'a{m="idle"}'}, {"x", "y"}),
        ('absent(up{r="a"}) or absent(up{r="b"})', {'up{r="a"}', 'up{r="b"}'}, set()),
        ("histogram_quantile(0.95, sum by (le) (rate(b_bucket[5m])))", {"b_bucket"}, {"le"}),
        ("count(a) or vector(0)", {"a"}, set()),
        ("a - time() < 3", {"a"}, set()),
    ],
)
def test_selectors_and_labels(expression: str, selectors: set[str], labels: set[str]) -> None:
    found = asked(expression)
    assert (found.selectors, found.labels) == (selectors, labels)
