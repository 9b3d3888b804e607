"""Words that tell of signal and image processing, Fourier transforms."""

from __future__ import annotations

from weaklabel_lfs.scipy_docs._entries import Area, pattern, words

SIGNAL = Area.SIGNAL

lfs = (
    words(SIGNAL, "filters", "filter | filters | filtered | filtering", "Apply a filter."),
    words(
        SIGNAL,
        "filter_bands",
        "passband | stopband | lowpass | low-pass | highpass | bandpass | cutoff | attenuation",
        "A lowpass prototype.",
    ),
    words(
        SIGNAL,
        "filter_kinds",
        "fir | iir | butterworth | nth-order | second-order sections | sos | linear-phase"
        " | anti-aliasing",
        "An FIR design.",
    ),
    words(
        SIGNAL,
        "windows",
        "window | windows | taper | tapered | hamming | kaiser | blackman",
        "Return a flat top window.",
    ),
    words(SIGNAL, "fourier", "fourier | fft | ffts | dft", "The discrete Fourier transform."),
    pattern(
        SIGNAL,
        "transforms",
        r"\b(sine|cosine|hankel|hilbert|tilbert|wavelet|z|chirp|bilinear|distance|affine"
        r"|inverse|fast|discrete) transforms?\b",
        "The inverse sine transform.",
    ),
    words(
        SIGNAL,
        "spectra",
        "spectrum | spectral density | spectrogram | periodogram | coherence | spectral",
        "Power spectral density.",
    ),
    words(
        SIGNAL,
        "frequencies",
        "frequency response | sample frequencies | sampling frequency | hz | nyquist"
        " | frequency-swept | group delay",
        "The frequency response.",
    ),
    words(
        SIGNAL,
        "linear_systems",
        "discrete-time | continuous-time | state-space | impulse response | step response"
        " | transfer function | lti | linear time invariant",
        "A discrete-time model.",
    ),
    words(
        SIGNAL,
        "analog_or_digital",
        "analog | digital | decibels | gain | phase",
        "A digital design.",
    ),
    words(
        SIGNAL,
        "sampling",
        "downsample | upsample | downsampling | upsampling | resample | resampling"
        " | sample spacing",
        "Downsample it.",
    ),
    words(
        SIGNAL,
        "convolution",
        "convolve | convolved | convolution | deconvolution | cross-correlation"
        " | cross-correlate | correlate",
        "Convolution of two arrays.",
    ),
    words(
        SIGNAL,
        "waveforms",
        "waveform | pulse | sawtooth | sinusoid | chirp | band-limited",
        "A square waveform.",
    ),
    words(
        SIGNAL,
        "peaks",
        "peak | peaks | wavelet | wavelets | prominence | relative extrema | relative maxima",
        "Find peaks in it.",
    ),
    words(
        SIGNAL,
        "signals",
        "signal | signals | signal processing | time series | noise | trend",
        "Inside a signal.",
    ),
    words(SIGNAL, "images", "image | images | pixel | pixels | edge", "An input image."),
    words(
        SIGNAL,
        "morphology",
        "structuring element | morphological | morphology | erosion | dilation"
        " | binary opening | binary closing | hit-or-miss",
        "Grey dilation.",
    ),
    words(
        SIGNAL,
        "multidimensional",
        "multidimensional | multi-dimensional | n-dimensional array | n-dimensional arrays",
        "A multidimensional array.",
    ),
    words(
        SIGNAL,
        "image_filters",
        "gradient magnitude | gaussian filter | laplace | sobel | prewitt | savitzky-golay"
        " | kernel",
        "Gradient magnitude.",
    ),
    words(
        SIGNAL,
        "labelled_regions",
        "at labels | labels | labeled | features | center of mass | sub-regions",
        "At the given labels.",
    ),
    pattern(
        SIGNAL,
        "moved_arrays",
        r"\b(array|image|input) is (rotated|shifted|zoomed|transformed)\b"
        r"|\bof the requested order\b|\bmirror[- ]symmetric\b|\bspline filter",
        "The array is shifted.",
    ),
    pattern(
        SIGNAL,
        "periodic_sequences",
        r"\bperiodic (sequence|function|waveform)s?\b|\bpseudo-derivative\b",
        "A periodic sequence.",
    ),
    words(
        SIGNAL,
        "transform_of_arrays",
        "backend | backends | zero-padding | zero-padded | real input | zero-frequency | fftpack",
        "For real input.",
    ),
    words(
        SIGNAL,
        "quotients_of_polynomials",
        "numerator | denominator | partial-fraction | partial fraction | poles | unit circle",
        "Partial-fraction expansion.",
    ),
    words(
        SIGNAL,
        "neighborhoods_in_arrays",
        "padding | padded | window length | separable | footprint | rank filter",
        "With padding at the edges.",
    ),
)
