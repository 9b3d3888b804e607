"""Words that tell of optimization, interpolation and integration."""

from __future__ import annotations

from weaklabel_lfs.scipy_docs._entries import Area, pattern, words

OPTIMIZATION = Area.OPTIMIZATION

lfs = (
    pattern(
        OPTIMIZATION,
        "minimization",
        r"\bminimi[sz](e|es|ed|ing|ation|er|ers)\b|\bmaximi[sz](e|es|ing|ation)\b"
        r"|\bminimum of a (\w+ )?function\b",
        "Minimize it.",
    ),
    words(
        OPTIMIZATION,
        "optimization",
        "optimization | optimizer | local minimum | global minimum | rosenbrock"
        " | optimal solution | annealing | differential evolution",
        "An optimization problem.",
    ),
    pattern(
        OPTIMIZATION,
        "root_finding",
        r"\broots? of an? (\w+[ -])*(function|equation)\b|\broot[- ]finding\b"
        r"|\bfind a (\w+ )?(zero|root)\b|\bfixed point\b|\bbracket(s|ing|ed)?\b"
        r"|\bBrent\b|\bbisection\b|\bsecant\b|\bBroyden\b",
        "Find a root of it.",
    ),
    words(
        OPTIMIZATION,
        "constraints",
        "constraint | constraints | constrained | unconstrained | linear programming"
        " | objective function | mixed-integer | assignment problem",
        "Equality constraints.",
    ),
    words(
        OPTIMIZATION,
        "fitting",
        "least squares | nonlinear least squares | curve fitting | levenberg-marquardt"
        " | orthogonal distance regression | odr",
        "A least squares fit.",
    ),
    words(
        OPTIMIZATION,
        "second_order",
        "hessian | jacobian | quasi-newton | bfgs | wolfe | trust region | trust-region"
        " | line search",
        "Its Hessian.",
    ),
    words(
        OPTIMIZATION,
        "splines",
        "spline | splines | b-spline | b-splines | knots | fitpack | smoothing spline",
        "A smoothing spline.",
    ),
    words(
        OPTIMIZATION,
        "interpolation",
        "interpolation | interpolate | interpolates | interpolator | interpolating"
        " | interpolant | interpolants | extrapolate",
        "Interpolate data.",
    ),
    words(
        OPTIMIZATION,
        "piecewise",
        "piecewise | cubic | breakpoints | tensor product | pchip | akima | barycentric",
        "A piecewise function.",
    ),
    words(
        OPTIMIZATION,
        "scattered_data",
        "grid | scattered | rectilinear | unstructured | radial basis function | data points",
        "On a regular grid.",
    ),
    pattern(
        OPTIMIZATION,
        "differential_equations",
        r"\bODEs?\b|\bordinary differential\b|\b(initial|boundary) value problems?\b"
        r"|\bRunge-Kutta\b|\bstiff\b|\bdense output\b",
        "A system of ODEs.",
    ),
    words(
        OPTIMIZATION,
        "integration",
        "definite integral | integrand | integrate | integrator | integrators | triple integral"
        " | numerical integration | trapezoidal rule",
        "A definite integral.",
    ),
    words(
        OPTIMIZATION,
        "quadrature_rules",
        "quadrature rule | adaptive | composite | cubature | tanh-sinh | romberg | newton-cotes",
        "An adaptive rule.",
    ),
    words(
        OPTIMIZATION,
        "convergence",
        "convergence | tolerance | converges | iterations | iteration | solver",
        "To a tolerance.",
    ),
    words(
        OPTIMIZATION,
        "finite_differences",
        "finite difference | finite differences | finite-difference"
        " | numerical differentiation | derivative of a function",
        "By finite differences.",
    ),
    words(
        OPTIMIZATION,
        "kinds_of_functions",
        "real-valued function | scalar function | function of a real variable"
        " | function of one variable | independent variables | vector-valued function",
        "A real-valued function.",
    ),
    words(
        OPTIMIZATION,
        "nonlinear_problems",
        "nonlinear | jacobian approximation | inequality | optimization result",
        "A nonlinear problem.",
    ),
)
