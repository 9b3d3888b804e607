"""Ready labeling functions: builders by what they read, and packs.

Builders are functions that return a labeling function: ``text.keyword``, ``text.regex``,
``text.length``, ``text.gazetteer``, ``numeric.threshold``, ``models.model``,
``nlp.spacy_matcher``, ``nlp.nlp_labeling_function``. Packs are modules with a ``pack``:
``scipy_docs``, ``spam``.
"""
