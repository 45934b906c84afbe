"""What a column's name hints at. A hint is weighed together with the cells, never alone."""

import re

from espalier.data.describe.words import word_set

WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_A-Za-z]+")

IDENTIFIERS = word_set("id ids uid uuid guid key pid rowid userid custid customerid patientid subjectid")
COUNTERS = word_set("no nr number index idx row rownum rownumber serial seq sequence unnamed record")
KOREAN_IDENTIFIERS = ("아이디", "번호", "식별자", "학번", "사번", "순번", "연번")
SUBJECTS = word_set(
    "patient subject user customer client person participant student member household family speaker animal account "
    "employee respondent donor player driver device machine engine unit session hospital"
)
KOREAN_SUBJECTS = ("환자", "고객", "회원", "학생", "사용자", "피험자", "가구", "직원")
PERSONAL = word_set("surname firstname lastname fullname forename nickname email mail phone telephone mobile ssn passport")
KOREAN_PERSONAL = ("성명", "전화", "이메일", "연락처")
TIMES = word_set("ym yyyymm yearmonth date time timestamp datetime day ts dt month week period when ds dttm")
KOREAN_TIMES = ("날짜", "일자", "일시", "시각", "시간", "년월", "연월", "기준일")
BIRTHS = word_set("birth birthday born dob birthdate birthyear")
KOREAN_BIRTHS = ("생일", "생년월일", "출생")
CODES = word_set(
    "code type class category kind zone region season weather weekday dow status species gender sex cluster segment group "
    "zip zipcode postcode postal branch department district country state city channel color colour label"
)
CODE_ENDS = ("class", "code", "type")  # of words such as "pclass"
KOREAN_CODES = ("코드", "유형", "종류", "구분", "등록", "우편", "지역", "요일", "성별", "상태")
QUANTITIES = word_set(
    "count num number age year years size rooms length width height weight price cost amount score rating rank stars level "
    "quality qual cond condition grade total sum avg mean rate ratio hour hours minute minutes day days month months tenure "
    "area income salary population distance n quantity qty points visits children siblings doors floors bath baths bedrooms"
)
COUNTS = word_set("num number n count")  # leading a name: "num_types" counts types
COUNTED = word_set("count counts num number visits qty quantity children siblings")
KOREAN_COUNTED = ("개수", "횟수", "수량", "인원")
KOREAN_QUANTITIES = (
    "나이",
    "연령",
    "개수",
    "횟수",
    "점수",
    "금액",
    "가격",
    "수량",
    "만족도",
    "평점",
    "면적",
    "인원",
    "년도",
    "연도",
)
CLASSES = word_set("class classe classes label labels category species type outcome diagnosis status")
KOREAN_CLASSES = ("분류", "클래스", "라벨", "레이블", "유형", "종류", "진단", "구분")


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a column's name in lower case.

    Example:
        >>> words_of("MSSubClass"), words_of("hours-per-week"), words_of("고객_번호")
        (('ms', 'sub', 'class'), ('hours', 'per', 'week'), ('고객', '번호'))
    """
    return tuple(word.lower() for word in WORD.findall(name))


def _hints(name: str, words: frozenset[str], korean: tuple[str, ...]) -> str:
    """Return the word of a name that is among these, or an empty string; the last word of a name says most."""
    found = [word for word in words_of(name) if word in words]
    return found[-1] if found else next((word for word in korean if word in name), "")


def names_identifier(name: str) -> bool:
    """Tell whether a name ends or begins with a word such as "id", or is a counter's, such as "RowNumber"."""
    words = words_of(name)
    return bool(words) and (names_key(name) or words[-1] in COUNTERS or words[0] == "unnamed")


def names_key(name: str) -> bool:
    """Tell whether a name says that its cells name something: "patient_id", "id_code", "고객번호"."""
    words = words_of(name)
    if not words:
        return False
    return words[-1] in IDENTIFIERS or words[0] in ("id", "uuid") or words[-1].endswith(KOREAN_IDENTIFIERS)


def names_subject(name: str) -> str:
    """Return the word of a name that says whom or what the rows are about, such as "patient", or an empty string."""
    return _hints(name, SUBJECTS, KOREAN_SUBJECTS)


def names_person(name: str) -> bool:
    """Tell whether a name says that its cells are of one person each: "Surname", "email", "전화번호"."""
    words = words_of(name)
    return bool(words) and (words[-1] in PERSONAL or any(word in name for word in KOREAN_PERSONAL))


def names_name(name: str) -> bool:
    """Tell whether a name says that its cells are names or addresses of somebody or something: "product_name", "url"."""
    words = words_of(name)
    return bool(words) and (words[-1] in ("name", "address", "url") or "이름" in name or "주소" in name)


def names_time(name: str) -> bool:
    """Tell whether a name says no more than "when": every word of it is one such as "date" or "time"."""
    words = [word for word in words_of(name) if not word.isdigit()]
    return bool(words) and (all(word in TIMES for word in words) or name.strip() in KOREAN_TIMES)


def hints_time(name: str) -> bool:
    """Tell whether a name has a word of time in it, such as "created_date"."""
    words = words_of(name)
    return bool(_hints(name, TIMES, KOREAN_TIMES)) or (bool(words) and words[-1] in ("at", "on", "epoch", "created", "updated"))


def names_birth(name: str) -> bool:
    """Tell whether a name is of a date of birth, which is a fact about a row and does not order the rows."""
    return bool(_hints(name, BIRTHS, KOREAN_BIRTHS))


def names_code(name: str) -> str:
    """Return the word of a name that says its numbers are codes, such as "class" in "Pclass", or an empty string.

    Example:
        >>> names_code("Pclass"), names_code("class_size"), names_code("day_of_week")
        ('class', '', 'dayofweek')
    """
    words = words_of(name)
    if "dayofweek" in "".join(words):
        return "dayofweek"
    ends = [word if word in CODES else next((end for end in CODE_ENDS if word.endswith(end)), word) for word in words]
    place = max((place for place, word in enumerate(ends) if word in CODES), default=-1)
    amount = max((place for place, word in enumerate(words) if word in QUANTITIES), default=-1)
    if words and words[0] in COUNTS or amount > place:
        return ""
    return ends[place] if place >= 0 else next((word for word in KOREAN_CODES if word in name), "")


def names_quantity(name: str) -> str:
    """Return the word of a name that says its numbers are amounts, such as "count", or an empty string."""
    return "" if names_code(name) else _hints(name, QUANTITIES, KOREAN_QUANTITIES)


def names_count(name: str) -> str:
    """Return the word of a name that says its numbers count something, such as "visits", or an empty string."""
    return _hints(name, COUNTED, KOREAN_COUNTED)


def names_class(name: str) -> str:
    """Return the word of a target's name that says its values are classes, such as "label", or an empty string."""
    return _hints(name, CLASSES, KOREAN_CLASSES)
