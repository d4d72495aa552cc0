"""How often and when, in plain English."""

import pytest

from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.rules.schedules import duty_words, words

WORDS = [
    ("none", "no repeat"),
    ("every 1 min", "every 1 min"),
    ("every 90 min", "every 90 min"),
    ("every 135 min", "every 2 h 15"),
    ("every 24 h", "every 24 h"),
    ("every 7 d", "every 7 d"),
    ("daily 08:00", "daily at 08:00, Z"),
    ("cron 0 8 * * 1-5", "at 08:00, Monday to Friday, Z"),
    ("cron 30 6 * * 0", "at 06:30, on Sunday, Z"),
    ("cron 0 8 * * SAT,7", "at 08:00, on Saturday and Sunday, Z"),
    ("cron 0 8 * * 1-3,5", "at 08:00, on Monday to Wednesday and Friday, Z"),
    ("cron 0 8 * * MON-SUN", "daily at 08:00, Z"),
    ("cron 0 8,20 * 6-8 *", "daily at 08:00 and 20:00, in June to August, Z"),
    ("cron * * * * *", "every minute, Z"),
    ("cron */15 * * * *", "every 15 min, Z"),
    ("cron 0,15,30,45 * * * *", "every 15 min, Z"),
    ("cron 5/20 * * * *", "every 20 min from minute 5, Z"),
    ("cron */7 * * * *", "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour, Z"),
    ("cron 0 * * * *", "every hour on the hour, Z"),
    ("cron 5 * * * 1", "every hour at minute 5, on Monday, Z"),
    ("cron */30 8-18 * * 1-5", "every 30 min from 08:00 to 18:30, Monday to Friday, Z"),
    ("cron * 2 * * *", "every minute from 02:00 to 02:59, Z"),
    ("cron */15 0,6,12 * * *", "every 15 min of the hours 0, 6 and 12, Z"),
    ("cron 0 8-18 * * *", "every hour from 08:00 to 18:00, Z"),
    ("cron 30 */2 * * *", "every 2 h from 00:30 to 22:30, Z"),
    ("cron 0,20 22-23,0-6 * * *", "at minutes 0 and 20 of the hours 0 to 6, 22 and 23, Z"),
    ("cron 1-10 3 * * *", "at minutes 1 to 10 of the hour 3, Z"),
    ("cron 0 8 1,15,22,31 * *", "at 08:00, on the 1st, 15th, 22nd and 31st of the month, Z"),
    ("cron 0 8 11-13 * *", "at 08:00, on the 11th to 13th of the month, Z"),
    ("@yearly", "at 00:00, on the 1st of January, Z"),
    ("cron 0 0 29 2 *", "at 00:00, on the 29th of February, Z"),
    ("cron 0 8 1 * MON", "at 08:00, on the 1st of the month, or on a Monday, Z"),
    ("cron 0 0 1 1-3 MON,TUE", "at 00:00, on the 1st of January to March, or on a Monday or a Tuesday in January to March, Z"),
    ("cron 0 8 */2 * MON", "at 08:00, every 2nd day from the 1st to the 31st of the month, when that is a Monday, Z"),
    ("cron 0 8 1-31 * 1", "daily at 08:00, Z"),
]


@pytest.mark.parametrize(("text", "sentence"), WORDS, ids=[text for text, _ in WORDS])
def test_words(text: str, sentence: str) -> None:
    said = words(Repeat.parse(text, "Europe/Zurich")).replace("\u2009", " ")
    assert said == sentence.replace(", Z", ", Europe/Zurich")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Mon-Fri 08:00-18:00 Europe/Zurich", "Monday to Friday, 08:00 to 18:00, Europe/Zurich"),
        ("Mon-Sun 22:00-06:00 UTC", "every day, 22:00 to 06:00 the next day, UTC"),
        ("Sat,Sun 00:00-24:00 UTC", "Saturday and Sunday, the whole day, UTC"),
        ("Fri 18:00-24:00 UTC", "Friday, 18:00 to 24:00, UTC"),
        ("Mon 08:00-08:00 UTC", "Monday, 08:00 to 08:00 the next day, UTC"),
    ],
)
def test_duty_words(text: str, sentence: str) -> None:
    assert duty_words(Duty.parse(text)) == sentence
