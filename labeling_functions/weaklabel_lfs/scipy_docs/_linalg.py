"""Words that tell of linear algebra, sparse matrices and graphs."""

from __future__ import annotations

from weaklabel_lfs.scipy_docs._entries import Area, pattern, words

LINALG = Area.LINALG

lfs = (
    pattern(
        LINALG,
        "matrices",
        r"(?<!distance )(?<!linkage )(?<!covariance )(?<!rotation )(?<!inconsistency )"
        r"(?<!hessian )(?<!observation )(?<!jacobian )\bmatri(x|ces)\b",
        "Two matrices.",
    ),
    pattern(
        LINALG,
        "decompositions",
        r"\b(LU|QR|QZ|RQ|SVD|Cholesky|Schur|Hessenberg|polar|LDL|eigenvalue|singular value"
        r"|interpolative)\b.{0,30}\b(decomposition|factorization)s?\b|\bsingular values?\b",
        "The QR decomposition.",
    ),
    words(
        LINALG,
        "factorization",
        "factorization | factorize | cholesky | decomposition | pivoted | pivoting | skeleton",
        "A Cholesky factorization.",
    ),
    pattern(LINALG, "eigenproblems", r"\beigen(value|vector|pair)s?\b", "Find eigenvectors."),
    pattern(
        LINALG,
        "linear_equations",
        r"\bA ?[@*]? ?x ?= ?b\b|\blinear (equations|systems? (of|with))\b|\bmatrix equation\b"
        r"|\bsolve the equation\b",
        "Solve A x = b.",
    ),
    words(
        LINALG,
        "structured_matrices",
        "toeplitz | circulant | triangular matrix | tridiagonal | banded | upper triangular"
        " | lower triangular | upper-triangular",
        "A Toeplitz system.",
    ),
    words(
        LINALG,
        "symmetry",
        "hermitian matrix | symmetric matrix | positive-definite | positive definite | unitary"
        " | orthogonal matrix | complex hermitian",
        "A positive definite one.",
    ),
    pattern(
        LINALG,
        "matrix_functions",
        r"\bmatrix (exponential|logarithm|sine|cosine|square root|function|sign|power"
        r"|multiplication|product)s?\b|\bexpm\b",
        "The matrix exponential.",
    ),
    pattern(
        LINALG,
        "sparse",
        r"\bsparse\b|\bdictionary of keys\b|\b(csr|csc|coo|dia|dok|lil|bsr)(_matrix|_array)?\b",
        "A sparse array.",
    ),
    words(
        LINALG,
        "graphs",
        "graph | graphs | shortest path | shortest paths | spanning tree | directed"
        " | edge weights | bipartite",
        "The shortest path.",
    ),
    words(
        LINALG,
        "graph_search",
        "depth-first | breadth-first | dijkstra | bellman-ford | predecessor | predecessors"
        " | connected components",
        "A depth-first order.",
    ),
    words(
        LINALG,
        "iterative_solvers",
        "conjugate gradient | biconjugate | krylov | gmres | minimum residual | linearoperator"
        " | preconditioner",
        "Conjugate gradient method.",
    ),
    words(
        LINALG,
        "batches_of_matrices",
        "linalg_batch | lower-dimensional slices",
        "A batch of lower-dimensional slices.",
    ),
    words(
        LINALG,
        "rank_and_determinant",
        "determinant | pseudo-inverse | null space | matrix rank | numerical rank | trace",
        "Compute the determinant.",
    ),
    words(
        LINALG,
        "diagonals",
        "diagonal | diagonals | anti-diagonals | off-diagonal | block diagonal",
        "On the main diagonal.",
    ),
    words(
        LINALG,
        "matrix_equations",
        "sylvester | lyapunov | riccati | kronecker | permutation matrix",
        "A Sylvester equation.",
    ),
    words(
        LINALG,
        "square_or_dense",
        "square matrix | n x n | dense matrix | nonzero | 2d array | blocks | sub-blocks",
        "A square matrix.",
    ),
    words(
        LINALG,
        "matrix_libraries",
        "lapack | blas | superlu | umfpack | arpack | instantiated in several ways",
        "Calls LAPACK.",
    ),
)
