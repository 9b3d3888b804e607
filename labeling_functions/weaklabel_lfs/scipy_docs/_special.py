"""Words that tell of special functions: Bessel, gamma and their like."""

from __future__ import annotations

from weaklabel_lfs.scipy_docs._entries import Area, pattern, words

SPECIAL = Area.SPECIAL

lfs = (
    words(
        SPECIAL,
        "bessel",
        "bessel | hankel function | hankel functions | kelvin function | kelvin functions"
        " | struve | airy",
        "Bessel function of order 0.",
    ),
    words(
        SPECIAL,
        "order_of_a_function",
        "exponentially scaled | real order | integer order | integer-order",
        "Exponentially scaled function.",
    ),
    pattern(
        SPECIAL,
        "gamma_function",
        r"\bgamma functions?\b|\bpolygamma\b|\bdigamma\b|\bPochhammer\b|\\Gamma\b",
        "Logarithm of the gamma function.",
    ),
    words(
        SPECIAL,
        "beta_function",
        "beta function | incomplete beta | incomplete gamma | regularized",
        "The incomplete beta function.",
    ),
    pattern(
        SPECIAL,
        "error_function",
        r"\berror functions?\b|\berf[ci]?\b|\bFresnel\b|\bDawson|\bVoigt\b|\bFaddeeva\b",
        "Inverse of the error function.",
    ),
    words(
        SPECIAL,
        "elliptic",
        "elliptic integral | elliptic integrals | elliptic function | elliptic functions",
        "Complete elliptic integral.",
    ),
    pattern(
        SPECIAL,
        "families_of_polynomials",
        r"\b(Legendre|Chebyshev|Hermite|Laguerre|Gegenbauer|Jacobi|Bernoulli|shifted"
        r"|orthogonal) (polynomials?|functions?)\b",
        "A Hermite polynomial.",
    ),
    words(
        SPECIAL,
        "degree_n",
        "polynomial at a point | polynomial of degree | weight function | weighting function"
        " | degree n",
        "It is a polynomial of degree 3.",
    ),
    pattern(
        SPECIAL,
        "sample_points_and_weights",
        r"\b(sample points|abscissas?) and weights\b"
        r"|\bGauss-(Legendre|Hermite|Laguerre|Chebyshev|Jacobi|Gegenbauer)\b",
        "Compute sample points and weights.",
    ),
    words(
        SPECIAL,
        "hypergeometric",
        "hypergeometric function | hypergeometric functions | confluent | 2f1",
        "Confluent hypergeometric function.",
    ),
    words(
        SPECIAL,
        "wave_functions",
        "mathieu | spheroidal | parabolic cylinder | spherical harmonics | ellipsoidal"
        " | characteristic value | characteristic values",
        "Odd Mathieu functions.",
    ),
    pattern(
        SPECIAL,
        "cdf_as_a_function",
        r"\b(cumulative distribution|survival|complemented \w+) function\b",
        "Poisson cumulative distribution function.",
    ),
    pattern(
        SPECIAL,
        "inverse_of_a_function",
        r"\bInverse (to|of the|function to|survival|cumulative|with)\b|\bvs\.? \w+\b",
        "Inverse to it vs its mean.",
    ),
    pattern(
        SPECIAL,
        "with_respect_to",
        r"\b(with|in) respect to \w+\b|\bas a function of \w\b",
        "The inverse with respect to b.",
    ),
    words(
        SPECIAL,
        "sums_of_terms",
        "sum of the terms | terms 0 through k | bernoulli trials | area under",
        "The sum of the terms.",
    ),
    pattern(
        SPECIAL,
        "zeros_of_functions",
        r"\b(nt|complex) (complex )?zeros\b|\bzeros of \w+",
        "Compute nt zeros of it.",
    ),
    words(
        SPECIAL,
        "combinatorics",
        "factorial | multifactorial | binomial coefficient | binomial coefficients"
        " | combinations | permutations | bernoulli numbers | euler numbers",
        "The factorial of n.",
    ),
    words(
        SPECIAL,
        "elementwise",
        "element-wise | elementwise | ufunc | for use when | cube root",
        "Compute it element-wise.",
    ),
    pattern(
        SPECIAL,
        "logarithms",
        r"\b(natural )?logarithm of\b|\blog of the\b|\bsoftmax\b|\bsigmoid\b|\blogit\b"
        r"|\blog\((x|1 ?\+)|\bexp\(x\)|\blog1p\b",
        "Natural logarithm of it.",
    ),
    words(
        SPECIAL,
        "integral_functions",
        "exponential integral | sine integral | cosine integral | sine and cosine integrals"
        " | integral of the | integrals of",
        "The exponential integral.",
    ),
    pattern(
        SPECIAL,
        "of_a_kind",
        r"\bof the (first|second|third) kind\b",
        "A function of the second kind.",
    ),
    words(
        SPECIAL,
        "complex_plane",
        "branch cut | principal branch | analytic continuation | complex plane"
        " | complex argument | real argument | entire function",
        "It has a branch cut.",
    ),
    words(
        SPECIAL,
        "degrees_of_an_angle",
        "given in degrees | angle in degrees | radians",
        "Sine of an angle given in degrees.",
    ),
    pattern(
        SPECIAL,
        "formulas",
        r"\\int_|\\sum_\{[jkn] ?= ?[01]\}\^\\?\{?\\?infty|_\{?\dF_\d|\\psi|\\begin\{cases\}",
        r"\int_0^x t dt",
    ),
    pattern(
        SPECIAL,
        "function_and_derivatives",
        r"\band (its |all )?derivatives?\b|\b(or|and) its derivative\b"
        r"|\bderivatives? of (the )?(Bessel|Kelvin|Hankel|spherical|function)",
        "The function and its derivatives.",
    ),
    words(
        SPECIAL,
        "special_functions",
        "special function | special functions | special-function | function is defined as",
        "A special function.",
    ),
    words(
        SPECIAL,
        "zeta_and_lambert",
        "zeta | riemann | hurwitz | dilogarithm | lambert | spence",
        "The Riemann zeta function.",
    ),
)
