"""Words that tell of statistics: tests, samples, moments and distributions."""

from __future__ import annotations

from weaklabel_lfs.scipy_docs._entries import Area, pattern, words

STATISTICS = Area.STATISTICS

lfs = (
    pattern(
        STATISTICS,
        "random_variable",
        r"\brandom (variable|variate)s?\b",
        "A skewed random variable.",
    ),
    words(
        STATISTICS,
        "rv_methods",
        "rv_continuous | rv_discrete | rv_generic | generic methods",
        "An instance of the rv_discrete class.",
    ),
    pattern(
        STATISTICS,
        "hypothesis_test",
        r"\b(null|alternative) hypothesis\b|\bhypothesis tests?\b|\bp-?values?\b",
        "This tests the null hypothesis.",
    ),
    pattern(
        STATISTICS,
        "test_by_name",
        r"\b(t|u|z|rank|rank-sum|sign|exact|permutation|omnibus|skewness|kurtosis|normality"
        r"|whitney|wilcoxon|wallis|friedman|levene|bartlett|fligner|mood|variance)[- ]tests?\b",
        "Perform the Mann-Whitney test.",
    ),
    pattern(
        STATISTICS,
        "goodness_of_fit",
        r"\bgoodness[- ]of[- ]fit\b|\bKolmogorov-Smirnov\b|\btest statistics?\b"
        r"|\bchi-?squared? (test|statistic)",
        "A goodness of fit test.",
    ),
    pattern(
        STATISTICS,
        "several_samples",
        r"\b(one|two|[kn]|multiple|independent|related|paired|repeated)[- ]samples?\b",
        "For two independent samples.",
    ),
    pattern(
        STATISTICS,
        "sample_of_data",
        r"\b(a|the|each) sample\b(?! (points?|frequenc|spacing|rate|interval))"
        r"|\bsample (data|mean|size|statistic|moment|variance)|\bscores\b",
        "Given a sample of numbers.",
    ),
    words(
        STATISTICS,
        "populations",
        "population | populations | treatment | treatments | control group | dataset",
        "Drawn from a population.",
    ),
    words(
        STATISTICS,
        "spread",
        "variance | variances | standard deviation | standard deviations | descriptive statistics"
        " | standard error | interquartile | median absolute deviation",
        "The variance of the data.",
    ),
    words(
        STATISTICS,
        "higher_moments",
        "skewness | kurtosis | moments | cumulant | k-statistic | l-moment",
        "Skewness of the data.",
    ),
    words(
        STATISTICS,
        "averages",
        "median | medians | modal | trimmed | trimming | geometric mean | harmonic mean"
        " | arithmetic mean",
        "The geometric mean.",
    ),
    words(
        STATISTICS,
        "quantiles",
        "quantile | quantiles | percentile | percentiles",
        "The 25th percentile.",
    ),
    words(
        STATISTICS,
        "correlation_coefficients",
        "pearson | spearman | kendall | correlation coefficient | rank correlation | association",
        "The Pearson correlation.",
    ),
    pattern(
        STATISTICS,
        "regression_and_anova",
        r"\bregression\b|\bTheil|\bANOVA\b|\boutliers?\b|\bone-way\b|\bpost hoc\b"
        r"|\bmultiple comparisons\b",
        "A robust linear regression.",
    ),
    words(
        STATISTICS,
        "contingency_tables",
        "contingency table | contingency tables | categorical | odds ratio | relative risk"
        " | marginal sums | observed frequencies",
        "A contingency table.",
    ),
    words(
        STATISTICS,
        "estimation",
        "maximum likelihood | likelihood | estimator | estimators | confidence interval"
        " | confidence intervals | unbiased | bayesian",
        "Maximum likelihood estimates.",
    ),
    words(
        STATISTICS,
        "counting",
        "cumulative frequency | relative frequency | binned statistic | ranks | tied | ties",
        "A relative frequency histogram.",
    ),
    words(
        STATISTICS,
        "quasi_random",
        "discrepancy | low-discrepancy | quasi-random | quasi-monte carlo | latin hypercube"
        " | scrambled",
        "A low-discrepancy sequence.",
    ),
    words(
        STATISTICS,
        "random_numbers",
        "random numbers | random samples | random number | sampler | bootstrap | jackknife"
        " | monte carlo",
        "Generate random numbers.",
    ),
    pattern(
        STATISTICS,
        "kinds_of_distributions",
        r"\b(continuous|discrete|univariate|multivariate|probability|normal|uniform|weibull"
        r"|pareto|truncated|marginal|underlying|frozen|particular|stable|log-?normal"
        r"|of (the|a|two)) distributions?\b(?! function)",
        "A discrete distribution.",
    ),
    words(
        STATISTICS,
        "location_and_scale",
        "loc and scale | location and scale | shape parameter | shape parameters"
        " | keyword specifies",
        "Parameters loc and scale.",
    ),
    words(
        STATISTICS,
        "masked_data",
        "masked version | masked array | masked values | masking | missing values",
        "A masked version of the input.",
    ),
    words(
        STATISTICS,
        "multivariate",
        "multivariate | covariance | dirichlet | wishart | multinomial",
        "The covariance matrix.",
    ),
    words(
        STATISTICS,
        "directional",
        "circular | von mises | directional | random direction",
        "The circular mean.",
    ),
    words(
        STATISTICS,
        "divergences",
        "differential entropy | power divergence | wasserstein | energy distance"
        " | sensitivity indices",
        "The energy distance.",
    ),
    words(
        STATISTICS,
        "normality",
        "normality | normally distributed | probability plot | z-score | box-cox normality"
        " | yeo-johnson",
        "Normally distributed data.",
    ),
    words(
        STATISTICS,
        "mass_and_density",
        "probability mass function | probability density function | pdf | pmf | ppf"
        " | inverse cdf | unimodal",
        "Its probability mass function.",
    ),
)
