"""Ordered categories: scales that everybody knows, and levels that hold numbers, such as age ranges and grades."""

import re
from collections.abc import Callable, Sequence

from espalier.data.describe.words import word_list

MIN_LEVELS = 3  # two levels have no order that a model could use
MAX_LEVELS = 100  # longer lists of levels are not looked through
UNKNOWN = frozenset(
    ["unknown", "unk", "none", "na", "n/a", "not applicable", "not available", "모름", "없음", "무응답", "해당없음"]
)

SCALES: tuple[tuple[str, ...], ...] = (  # low to high; words separated by | mean the same
    ("very low|extra low", "low|l|lo", "medium|mid|middle|med|moderate|m|normal|average", "high|h|hi", "very high|extra high"),
    (
        "xxs|2xs",
        "xs|extra small|x-small",
        "s|small",
        "m|medium|mid",
        "l|large|big",
        "xl|extra large|x-large",
        "xxl|2xl",
        "xxxl|3xl",
    ),
    ("tiny", "small", "medium", "large", "huge"),
    ("po", "fa", "ta", "gd", "ex"),  # quality in the Ames housing data (De Cock 2011): poor, fair, typical, good, excellent
    (
        "very poor|terrible|awful",
        "poor|bad",
        "fair|average|ok|okay",
        "good",
        "very good",
        "premium|great",
        "excellent|ideal|outstanding",
    ),
    ("i1", "si2", "si1", "vs2", "vs1", "vvs2", "vvs1", "if"),  # clarity of diamonds (Gemological Institute of America)
    ("never", "rarely|seldom", "sometimes|occasionally", "often|frequently|usually", "always"),
    ("none|no", "mild|slight", "moderate", "severe", "very severe|extreme|critical"),
    ("beginner|novice", "intermediate", "advanced", "expert"),
    ("entry|intern", "junior", "mid|middle", "senior", "lead|principal", "executive|director"),
    (
        "primary|elementary",
        "secondary|middle school",
        "tertiary|high school",
        "bachelor|bachelors",
        "master|masters",
        "phd|doctorate",
    ),
    ("bronze", "silver", "gold", "platinum", "diamond"),
    ("cold|cool", "mild|warm", "hot"),
    ("strongly disagree", "disagree", "neutral|neither|neither agree nor disagree|undecided", "agree", "strongly agree"),
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("very unlikely", "unlikely", "neutral", "likely", "very likely"),
    ("very negative", "negative", "neutral", "positive", "very positive"),
    ("freshman", "sophomore", "junior", "senior"),
    ("매우 낮음", "낮음", "보통|중간", "높음", "매우 높음"),
    ("최하", "하", "중", "상", "최상"),
    ("소", "중", "대", "특대"),
    ("매우 나쁨", "나쁨", "보통", "좋음", "매우 좋음"),
    ("매우 불만족|매우 불만", "불만족|불만", "보통|보통이다", "만족", "매우 만족"),
    ("전혀 그렇지 않다|전혀 아니다", "그렇지 않다|아니다", "보통이다|보통", "그렇다", "매우 그렇다"),
    (
        "전혀 동의하지 않음|전혀 동의하지 않는다",
        "동의하지 않음|동의하지 않는다",
        "보통|보통이다|중립",
        "동의함|동의한다",
        "매우 동의함|매우 동의한다",
    ),
    ("전혀 없음", "거의 없음|드물게", "가끔|때때로", "자주", "항상"),
    ("없음", "약함|경증", "보통|중등도|중등증", "심함|중증"),
    ("초급|초보", "중급", "고급", "전문가"),
    ("초졸|초등학교", "중졸|중학교", "고졸|고등학교", "전문대졸|전문대", "대졸|대학교", "석사|대학원", "박사"),
    ("사원", "대리", "과장", "차장", "부장", "임원"),
)
GRADES = word_list("f e d- d d0 d+ c- c c0 c+ b- b b0 b+ a- a a0 a+ a++")
RATINGS = word_list("d c cc ccc- ccc ccc+ b- b b+ bb- bb bb+ bbb- bbb bbb+ a- a a+ aa- aa aa+ aaa")
AMOUNT = r"[$€£₩]?\s*(-?\d[\d,]*(?:\.\d+)?)\s*([kKmM만천억]?)"
UNIT = r"\s*(?:years?|yrs?|세|대|대생|원|kg|cm|km|개|회|명|점|%|days?|months?|시간|분)?(?:\s*(?:old))?"
RANGE = re.compile(rf"{AMOUNT}{UNIT}\s*(?:-|–|~|to)\s*{AMOUNT}{UNIT}", re.IGNORECASE)
INTERVAL = re.compile(rf"[\[(]\s*{AMOUNT}\s*[-,;]\s*{AMOUNT}\s*[\])]", re.IGNORECASE)
BELOW = re.compile(
    rf"(?:<=?|≤|under|below|less than|up to)\s*{AMOUNT}{UNIT}|{AMOUNT}{UNIT}\s*(?:이하|미만|or less|and under)", re.IGNORECASE
)
ABOVE = re.compile(
    rf"(?:>=?|≥|over|above|more than)\s*{AMOUNT}{UNIT}|{AMOUNT}{UNIT}\s*(?:\+|이상|초과|and over|and above|or more)",
    re.IGNORECASE,
)
DECADE = re.compile(r"(\d+)\s*대")
NUMBERED = re.compile(
    r"(level|lvl|grade|stage|tier|rank|phase|step|year|단계|학년)?[\s_-]*(\d+)\s*(단계|등급|급|학년|년차|차)?", re.IGNORECASE
)
LED = re.compile(r"(\d+)\s*[-.:)=]\s*\D.*")  # "1 - strongly disagree"
FACTORS = {"": 1.0, "k": 1e3, "m": 1e6, "천": 1e3, "만": 1e4, "억": 1e8}


def find_order(levels: Sequence[str], hints_grade: bool = False) -> tuple[tuple[str, ...], str] | None:
    """Return the levels from low to high and the evidence in words, or None when they have no order that we know.

    Args:
        levels: the different levels as written.
        hints_grade: whether the column's name says that letters are grades; without it "A" to "E" are plain classes.

    Example:
        >>> find_order(["high", "low", "medium"])
        (('low', 'medium', 'high'), 'the levels are a known scale')
        >>> find_order(["26-35", "65+", "18-25"])
        (('18-25', '26-35', '65+'), 'the levels are ranges of numbers')
    """
    names = [level for level in levels if level.strip().lower() not in UNKNOWN]
    for considered in (list(levels), names):
        if not MIN_LEVELS <= len(considered) <= MAX_LEVELS:
            continue
        for positions, why in _orders(considered, hints_grade):
            if positions is not None and len(set(positions)) >= MIN_LEVELS:
                ordered = sorted(zip(positions, considered, strict=True))
                return tuple(level for _, level in ordered), why
    return None


def _orders(levels: list[str], hints_grade: bool) -> list[tuple[list[float] | None, str]]:
    """Return the position of each level in every kind of order, None where a level is not in it."""
    lowered = [" ".join(level.lower().replace("_", " ").split()) for level in levels]
    known = [(_on_scale(lowered, scale), "the levels are a known scale") for scale in SCALES]
    signed = any(level[-1:] in "+-" or level[1:] == "0" for level in lowered)
    graded = [(_on_list(lowered, grades), "the levels are grades") for grades in (GRADES, RATINGS) if signed or hints_grade]
    return [
        *known,
        *graded,
        (_all(_range_position, levels), "the levels are ranges of numbers"),
        (_numbered(lowered), "the levels are numbered"),
    ]


def _on_scale(levels: list[str], scale: tuple[str, ...]) -> list[float] | None:
    places = {word: float(place) for place, words in enumerate(scale) for word in words.split("|")}
    return [places[level] for level in levels] if all(level in places for level in levels) else None


def _on_list(levels: list[str], grades: tuple[str, ...]) -> list[float] | None:
    return [float(grades.index(level)) for level in levels] if all(level in grades for level in levels) else None


def _range_position(level: str) -> float | None:
    """Return where a range stands among others, or None when the level is no range.

    Example:
        >>> [_range_position(level) for level in ("18-25", "65+", "<18", "[10-20)", "20대", "$10k-20k", "red")]
        [21.5, 65.5, 17.5, 15.0, 20.0, 15000.0, None]
    """
    text = level.strip()
    if found := DECADE.fullmatch(text):
        return float(found.group(1))
    if found := RANGE.fullmatch(text) or INTERVAL.fullmatch(text):
        low, low_unit, high, high_unit = found.groups()
        ends = _amount(low, low_unit or high_unit), _amount(high, high_unit)
        return sum(ends) / 2 if ends[0] < ends[1] else None
    for pattern, shift in ((BELOW, -0.5), (ABOVE, 0.5)):
        if found := pattern.fullmatch(text):
            number, unit, other, other_unit = found.groups()
            return _amount(number or other, unit or other_unit or "") + shift
    return None


def _amount(number: str, unit: str) -> float:
    return float(number.replace(",", "")) * FACTORS[unit.lower()]


def _all(position: Callable[[str], float | None], levels: list[str]) -> list[float] | None:
    places = [position(level) for level in levels]
    return [place for place in places if place is not None] if None not in places else None


def _numbered(levels: list[str]) -> list[float] | None:
    """Return the numbers of levels such as "stage 2", "3등급" or "1 - never"; all must be alike."""
    led = [LED.fullmatch(level) for level in levels]
    if all(led):
        return [float(found.group(1)) for found in led if found]
    found = [NUMBERED.fullmatch(level) for level in levels]
    words = {(one.group(1), one.group(3)) for one in found if one}
    if not all(found) or len(words) != 1 or words == {(None, None)}:
        return None
    return [float(one.group(2)) for one in found if one]
