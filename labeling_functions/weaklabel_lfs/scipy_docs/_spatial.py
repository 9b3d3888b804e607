"""Words that tell of spatial algorithms and clustering."""

from __future__ import annotations

from weaklabel_lfs.scipy_docs._entries import Area, words

SPATIAL = Area.SPATIAL

lfs = (
    words(
        SPATIAL,
        "clusters",
        "cluster | clusters | clustering | k-means | centroid | centroids | code book"
        " | vector quantization",
        "The flat clusters.",
    ),
    words(
        SPATIAL,
        "hierarchies",
        "linkage | dendrogram | hierarchical | agglomerative | cophenetic | singleton"
        " | non-singleton | inconsistency",
        "A linkage matrix.",
    ),
    words(
        SPATIAL,
        "distances",
        "distance between | distances between | distance matrix | distance matrices"
        " | pair-wise distances | distance vector | condensed distance | dissimilarity",
        "The distance between them.",
    ),
    words(
        SPATIAL,
        "named_distances",
        "euclidean distance | minkowski | hamming distance | jaccard | mahalanobis | manhattan"
        " | city block",
        "Squared Euclidean distance.",
    ),
    words(
        SPATIAL,
        "two_vectors",
        "two 1-d arrays | between 1-d arrays | boolean vectors | boolean 1-d arrays"
        " | two boolean | u and v",
        "Between two 1-D arrays.",
    ),
    words(
        SPATIAL,
        "rotations",
        "rotation | rotations | quaternion | quaternions | euler angles | rigid | great circle"
        " | orientation",
        "Rotations in 3 dimensions.",
    ),
    words(
        SPATIAL,
        "geometry",
        "convex hull | delaunay | voronoi | halfspace | triangulation | hyperrectangle"
        " | nearest neighbors | kd-tree",
        "The convex hull.",
    ),
    words(
        SPATIAL,
        "sets_of_points",
        "sets of points | point sets | hausdorff | procrustes | collections of inputs"
        " | n dimensions",
        "Two sets of points.",
    ),
    words(
        SPATIAL,
        "observations",
        "observation vectors | observation vector | original observations | observation matrix",
        "The observation vectors.",
    ),
)
