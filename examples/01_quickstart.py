"""Label comments with three labeling functions, and train a classifier on the labels."""

import weaklabel as wl
from weaklabel_lfs import text


@wl.labeling_function(votes="SPAM")
def has_link(x):
    return "http" in x.text


lfs = [has_link, text.keyword("SPAM", "free", "subscribe"), text.length("HAM", at_most=3)]
comments = ["get free gifts at http://a.b", "love this", "subscribe, it is free", "so good"] * 10

L = wl.apply_lfs(lfs, comments, classes=("HAM", "SPAM"))
print(L.summary())
labels = wl.LabelModel().fit(L).label(L)
model = wl.TextClassifier("cnn", epochs=40, batch_size=4).fit(comments, labels)
print(model.predict_proba(["love it so", "free gifts, subscribe"]).round(2))
