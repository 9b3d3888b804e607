"""Label models: from votes to probabilistic labels.

Which one when:

- `LabelModel` by default, for labeling functions that people write; `MajorityVote` as the baseline.
- Crowds, where everybody votes on every class: `DawidSkene`; `IBCC` where some have few votes,
  `OneCoin` where all have few, `MACE` where some spam, `GLAD` where some rows are harder.
- `WeightedVote` with weights you know, `NaiveBayes` from gold labels alone, `TripletModel` from
  moments. `AutoLabelModel` chooses among them and shows the table.
- `OrdinalModel` for grades, `NumericModel` for numbers, `PreferenceModel` for which of two is
  better, `MultiLabelModel` for several labels a row.
- `refine` where there are texts or features of the rows; `CalibratedModel` where there is gold.
"""

from weaklabel.label_model._auto import AutoLabelModel
from weaklabel.label_model._by_label import matrices_by_label
from weaklabel.label_model._crowd import crowd_matrix
from weaklabel.label_model._dawid_skene import DawidSkene
from weaklabel.label_model._glad import GLAD
from weaklabel.label_model._ibcc import IBCC
from weaklabel.label_model._label_model import LabelModel
from weaklabel.label_model._mace import MACE
from weaklabel.label_model._majority_vote import MajorityVote
from weaklabel.label_model._multi_label import MultiLabelModel
from weaklabel.label_model._naive_bayes import NaiveBayes
from weaklabel.label_model._numeric import NumericModel
from weaklabel.label_model._one_coin import OneCoin
from weaklabel.label_model._ordinal import OrdinalModel
from weaklabel.label_model._preference import PreferenceModel
from weaklabel.label_model._refine import Refined, refine
from weaklabel.label_model._triplet import TripletModel
from weaklabel.label_model._vote_model import VoteModel
from weaklabel.label_model._weighted_vote import WeightedVote

__all__ = [
    "GLAD",
    "IBCC",
    "MACE",
    "AutoLabelModel",
    "DawidSkene",
    "LabelModel",
    "MajorityVote",
    "MultiLabelModel",
    "NaiveBayes",
    "NumericModel",
    "OneCoin",
    "OrdinalModel",
    "PreferenceModel",
    "Refined",
    "TripletModel",
    "VoteModel",
    "WeightedVote",
    "crowd_matrix",
    "matrices_by_label",
    "refine",
]
