"""The suite's own distributions against scipy, which scoring may not import."""

from __future__ import annotations

import pytest
import scipy.special as special
import scipy.stats as stats

from solutions.defect_detection.quality import distributions as ours

SIZES = (0.5, 1, 3.3, 40, 500)


@pytest.mark.parametrize("a", SIZES)
@pytest.mark.parametrize("x", [0, 0.01, 0.5, 3, 40, 520])
def test_gamma(a: float, x: float) -> None:
    assert ours.gamma_cdf(a, x) == pytest.approx(special.gammainc(a, x), abs=1e-11)


@pytest.mark.parametrize("a", SIZES)
@pytest.mark.parametrize("b", SIZES)
@pytest.mark.parametrize("x", [0, 0.001, 0.1, 0.5, 0.97, 1])
def test_beta(a: float, b: float, x: float) -> None:
    assert ours.beta_cdf(a, b, x) == pytest.approx(special.betainc(a, b, x), abs=1e-10)


@pytest.mark.parametrize("p", [0.001, 0.025, 0.5, 0.975, 0.9999])
@pytest.mark.parametrize("df", [1, 4, 18.6, 300, 5000])
def test_chi_square(p: float, df: float) -> None:
    assert ours.chi2_quantile(p, df) == pytest.approx(stats.chi2.ppf(p, df), rel=1e-8)


@pytest.mark.parametrize(("k", "n", "p"), [(0, 5, 0.1), (3, 125, 0.01), (21, 200, 0.1), (5, 5, 1)])
def test_binomial_and_poisson(k: int, n: int, p: float) -> None:
    assert ours.binomial_cdf(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), abs=1e-12)
    assert ours.poisson_cdf(k, n * p) == pytest.approx(stats.poisson.cdf(k, n * p), abs=1e-12)


@pytest.mark.parametrize(("k", "lot", "bad", "n"), [(2, 500, 20, 50), (0, 30, 1, 20), (1, 8, 8, 2)])
def test_hypergeometric(k: int, lot: int, bad: int, n: int) -> None:
    expected = stats.hypergeom.cdf(k, lot, bad, n)
    assert ours.hypergeometric_cdf(k, lot, bad, n) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(("f", "a", "b"), [(0.434, 18, 60), (34.4, 2, 78), (213, 9, 78), (0, 1, 1)])
def test_f(f: float, a: int, b: int) -> None:
    assert ours.f_tail(f, a, b) == pytest.approx(stats.f.sf(f, a, b), rel=1e-8, abs=1e-14)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (17, 3000)])
def test_share_interval(hits: int, n: int) -> None:
    expected = stats.binomtest(hits, n).proportion_ci(method="exact")
    assert ours.share_interval(hits, n) == pytest.approx(tuple(expected), abs=1e-9)
