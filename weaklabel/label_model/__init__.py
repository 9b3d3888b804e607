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

from weaklabel.label_model._anchored._label_model import LabelModel
from weaklabel.label_model._base._compared import GoldScores, ModelComparison
from weaklabel.label_model._base._crowd import crowd_matrix
from weaklabel.label_model._base._explained import Explanation
from weaklabel.label_model._base._lf_value import LFValue, lf_value
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.label_model._calibration._calibrated_model import CalibratedModel
from weaklabel.label_model._calibration._calibration_error import calibration_error
from weaklabel.label_model._family._auto import AutoLabelModel
from weaklabel.label_model._family._dawid_skene import DawidSkene
from weaklabel.label_model._family._glad import GLAD
from weaklabel.label_model._family._ibcc import IBCC
from weaklabel.label_model._family._mace import MACE
from weaklabel.label_model._family._majority_vote import MajorityVote
from weaklabel.label_model._family._naive_bayes import NaiveBayes
from weaklabel.label_model._family._one_coin import OneCoin
from weaklabel.label_model._family._triplet import TripletModel
from weaklabel.label_model._family._weighted_vote import WeightedVote
from weaklabel.label_model._outputs._by_label import matrices_by_label
from weaklabel.label_model._outputs._multi_label import MultiLabelModel
from weaklabel.label_model._outputs._numeric import NumericModel
from weaklabel.label_model._outputs._ordinal import OrdinalModel
from weaklabel.label_model._outputs._preference import PreferenceModel
from weaklabel.label_model._refine._refine import Refined, refine

__all__ = [
    "GLAD",
    "IBCC",
    "MACE",
    "AutoLabelModel",
    "CalibratedModel",
    "DawidSkene",
    "Explanation",
    "GoldScores",
    "LFValue",
    "LabelModel",
    "MajorityVote",
    "ModelComparison",
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
    "calibration_error",
    "crowd_matrix",
    "lf_value",
    "matrices_by_label",
    "refine",
]
