"""The pack for short messages and comments: advertising and fraud (SPAM) or talk (HAM).

Written from general knowledge of text messages, and with three quarters of the YouTube Spam
Collection [1]_ in sight.

References
----------
.. [1] T. C. Alberto, J. V. Lochter, T. A. Almeida. TubeSpam: Comment Spam Filtering on YouTube.
   ICMLA 2015. https://doi.org/10.1109/ICMLA.2015.37
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import weaklabel as wl
from weaklabel_lfs import text

__all__ = ["Message", "pack"]


class Message(Enum):
    """What a message or a comment is."""

    HAM = 0
    SPAM = 1


HAM, SPAM = Message.HAM, Message.SPAM

link = text.regex(
    SPAM,
    r"https?:|\bwww\.|\b\w+ ?\.(com|net|org|info|biz|ly|me|tv|be|co\.uk)\b|/watch\?",
    name="link",
    examples={"see http://x.y": SPAM, "visit cheap.com": SPAM, "the end. Me too": None},
)
check_this = text.regex(
    SPAM,
    r"\bche?c?k(ing)?\b.{0,20}\bout\b|\bcheck\b.{0,10}\b(my|our|me|this)\b"
    r"|\b(take|have) a (look|listen)\b",
    name="check_this",
    examples={"Check it out!": SPAM, "just checking": None},
)
subscribe = text.regex(
    SPAM,
    r"\bsubscri|\bsubs?\b",
    name="subscribe",
    examples={"SUBSCRIBE": SPAM, "sub me": SPAM, "subtle": None},
)
own_work = text.regex(
    SPAM,
    r"\b(my|our)\b( \w+){0,2} (channel|page|videos?|vids?|covers?|playlist|site|website|blog|band"
    r"|raps?|tracks?|remix|profile|youtube|stuff)\b",
    name="own_work",
    examples={"see my new channel": SPAM, "my son": None},
)
introduction = text.regex(
    SPAM,
    r"\b(i'?m|i&#39;m|i am|we are|we're) an? .{0,25}\b(rapper|singer|artist|band|group|youtuber"
    r"|producer|musician|channel)\b|\bnew (channel|song|video|single|youtuber)\b|\bi (make|made)\b",
    name="introduction",
    examples={"I'm a young rapper": SPAM, "I'm a fan": None},
)
follow_me = text.regex(
    SPAM,
    r"\b(follow|add|support|help|find|text) (me|us)\b|\b(facebook|twitter|instagram|snapchat"
    r"|soundcloud|whatsapp|skype|kik)\b",
    name="follow_me",
    examples={"add me": SPAM, "find us on Twitter": SPAM, "I follow": None},
)
like_and_share = text.regex(
    SPAM,
    r"\b(like|share) (this|my|our|it|and|if|the)\b.{0,15}\b(comment|video|page|song|subscribe|if)\b"
    r"|\bthumbs up (if|for|so)\b|\bgive (it|me|this) a (like|thumb)|\bshare\b",
    name="like_and_share",
    examples={"Like this comment if you agree": SPAM, "I like it": None},
)
please = text.regex(
    SPAM,
    r"\b(please|pls|plz)\b",
    name="please",
    examples={"PLEASE watch": SPAM, "pleased": None},
)
call_to_action = text.regex(
    SPAM,
    r"\b(click|visit|sign up|register|download|join|vote|search|go to|order now|apply)\b",
    name="call_to_action",
    examples={"Click here": SPAM, "clicked": None},
)
money = text.regex(
    SPAM,
    r"[$£€] ?\d|\b(money|cash|earn|income|dollars?|pounds|profit|investment)\b|\bper (day|week)\b",
    name="money",
    examples={"win £1000": SPAM, "Earn from home": SPAM, "early": None},
)
prize = text.keyword(
    SPAM,
    *(
        "prize",
        "winner",
        "won",
        "claim",
        "award",
        "awarded",
        "reward",
        "lottery",
        "congratulations",
    ),
    name="prize",
    examples={"You are a WINNER": SPAM, "wonder": None},
)
offer = text.keyword(
    SPAM,
    *("free", "offer", "gift card", "gift cards", "voucher", "bonus", "discount", "cheap"),
    *("urgent", "call now", "act now", "limited time", "guaranteed", "expires"),
    name="offer",
    examples={"A free gift": SPAM, "URGENT!": SPAM, "freedom": None},
)
phone_number = text.regex(
    SPAM,
    r"(?<![\w.,])\+?\(?\d{2,5}\)?[ -]?\d{3,}[ -]?\d{3,}(?![\w.,]*\d)",
    name="phone_number",
    examples={"call 09061 701461": SPAM, "1,000,000,000 views": None, "in 2015": None},
)
short_code = text.regex(
    SPAM,
    r"\b(te?xt|reply|send|sms|stop|call)\b.{0,40}\b\d{4,6}\b|\b\d{4,6}\b.{0,20}\bto (stop|opt)",
    name="short_code",
    examples={"Txt WIN to 80086": SPAM, "send it at 7": None},
)
doubtful_goods = text.keyword(
    SPAM,
    *("loan", "mortgage", "casino", "viagra", "dating", "singles", "ringtone", "bitcoin"),
    name="doubtful_goods",
    examples={"Hot singles in your area": SPAM, "a single": None},
)
greeting_all = text.regex(
    SPAM,
    r"\b(hey|hi|hello|sup|dear) (guys|everyone|everybody|all|friends?|youtubers?|music|customer)\b"
    r"|\byou guys\b",
    name="greeting_all",
    examples={"Hey guys!": SPAM, "hey you": None},
)
long_text = text.length(
    SPAM,
    at_least=40,
    name="long_text",
    examples={"word " * 40: SPAM, "word": None},
)


@wl.labeling_function(
    votes=SPAM,
    columns="text",
    examples={"BUY THIS NOW AND EARN MONEY": SPAM, "WOW": None, "I like the BBC": None},
)
def shouting(x: Any) -> bool:
    """Vote SPAM where several words are in capitals."""
    letters = [letter for letter in x.text if letter.isalpha()]
    loud = sum(letter.isupper() for letter in letters)
    return len(letters) >= 20 and loud > 0.7 * len(letters)


short_praise = text.regex(
    HAM,
    r"^\W*(\w+\W+){0,4}(love|loved|loving|best|awesome|great|nice|beautiful|amazing|cool|good"
    r"|favou?rite|epic|perfect|wow|super)\b\W*(\w+\W*){0,4}$",
    name="short_praise",
    examples={"Best song ever!": HAM, "love it": HAM, "buy it now": None},
)
about_the_song = text.regex(
    HAM,
    r"\b(this|the|her|his|your|that|best|great|good|nice|love|beautiful|favou?rite) "
    r"(song|music|voice|lyrics|beat|singer|dance|part)\b",
    name="about_the_song",
    examples={"this song rocks": HAM, "her voice": HAM, "my song": None},
)
audience = text.regex(
    HAM,
    r"\b(views|viewed|viewers|dislikes?|billion|million|mil|replay)\b",
    name="audience",
    examples={"2 billion views": HAM, "nice view": None},
)
over_the_years = text.regex(
    HAM,
    r"\bstill\b.{0,25}\b(20\d\d|watch\w*|listen\w*|lov\w+|best|good|here)\b"
    r"|\byears? (ago|old and)\b|\bnever gets? old\b|^\W*(in )?20\d\d\W*$",
    name="over_the_years",
    examples={"Still watching in 2015": HAM, "years ago": HAM, "stillness": None},
)
feelings = text.regex(
    HAM,
    r"\b(i|we) (really |still |just |also )?(love|hate|miss|remember|felt|feel|cried|wish)\b"
    r"|\b(makes?|reminds?) me\b|<3|&lt;3|♥|❤|\b(she|he) (is|'s|was|looks)\b",
    name="feelings",
    examples={"I still love it": HAM, "she is good": HAM, "like": None},
)
plans_and_chat = text.regex(
    HAM,
    r"\b(tonight|tomorrow|dinner|sorry|later|mum|sleep|dunno|see you|good (night|morning))\b",
    name="plans_and_chat",
    examples={"ok see you tonight": HAM, "token": None},
)
asks_for_nothing = text.regex(
    HAM,
    r"(?s)^(?!.*(http|www|\.com|che?c?k|su[bs]|\b(my|our|me|us|please|pls|plz|click|visit|follow|join"
    r"|free|call|te?xt|win|won|buy|share|like|vote|help|watch|channel)\b|[$£€]|\d{4,}))",
    name="asks_for_nothing",
    examples={"how is this still relevant": HAM, "Check it": None, "call 80086": None},
)

pack = wl.Pack(
    classes=Message,
    lfs=(
        link,
        check_this,
        subscribe,
        own_work,
        introduction,
        follow_me,
        like_and_share,
        please,
        call_to_action,
        money,
        prize,
        offer,
        phone_number,
        short_code,
        doubtful_goods,
        greeting_all,
        long_text,
        shouting,
        short_praise,
        about_the_song,
        audience,
        over_the_years,
        feelings,
        plans_and_chat,
        asks_for_nothing,
    ),
)
