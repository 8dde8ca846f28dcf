package io.fairlead.gateway.internal.json;

/**
 * The text of timestamps and durations. Reading throws {@link IllegalArgumentException}, and
 * writing {@link IllegalStateException}.
 */
final class Times {
  private static final long LEAST_SECOND = -62_135_596_800L;
  private static final long MOST_SECOND = 253_402_300_799L;
  private static final long MOST_DURATION = 315_576_000_000L;
  private static final int DAY = 86_400;

  private static final int[] DAYS = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

  private final byte[] text;
  private final int end;
  private int at;
  private long seconds;
  private int nanos;

  private Times(byte[] text, int from, int to) {
    this.text = text;
    this.at = from;
    this.end = to;
  }

  long seconds() {
    return seconds;
  }

  int nanos() {
    return nanos;
  }

  /** Reads a time of RFC 3339, such as {@code 2001-09-09T01:46:40.5+02:00}. */
  static Times timestamp(byte[] text, int from, int to) {
    Times read = new Times(text, from, to);
    read.timestamp();
    return read;
  }

  private void timestamp() {
    int year = digits(4);
    take('-');
    int month = digits(2);
    take('-');
    int day = digits(2);
    take('T');
    int hour = digits(2);
    take(':');
    int minute = digits(2);
    take(':');
    int second = digits(2);
    nanos = fraction();
    int offset = 0;
    if (at < end && (text[at] == '+' || text[at] == '-')) {
      int sign = text[at++] == '-' ? -1 : 1;
      int hours = digits(2);
      take(':');
      int minutes = digits(2);
      if (hours > 23 || minutes > 59) {
        throw noTimestamp();
      }
      offset = sign * (hours * 60 + minutes) * 60;
    } else {
      take('Z');
    }
    if (at != end
        || month < 1
        || month > 12
        || day < 1
        || day > DAYS[month - 1] + (month == 2 && isLeap(year) ? 1 : 0)
        || hour > 23
        || minute > 59
        || second > 59) {
      throw noTimestamp();
    }
    seconds = epochDay(year, month, day) * DAY + (hour * 60L + minute) * 60 + second - offset;
    if (seconds < LEAST_SECOND || seconds > MOST_SECOND) {
      throw new IllegalArgumentException("not a time between the years 1 and 9999");
    }
  }

  private int digits(int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
      int digit = at < end ? text[at++] - '0' : -1;
      if (digit < 0 || digit > 9) {
        throw noTimestamp();
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private void take(char expected) {
    if (at == end || text[at++] != expected) {
      throw noTimestamp();
    }
  }

  private static IllegalArgumentException noTimestamp() {
    return new IllegalArgumentException("not a time such as 2001-09-09T01:46:40Z");
  }

  /** Reads a point and up to nine digits, if there are any; -1 if they are wrong. */
  private int fraction() {
    if (at == end || text[at] != '.') {
      return 0;
    }
    at++;
    int value = 0;
    int count = 0;
    while (at < end && text[at] >= '0' && text[at] <= '9') {
      value = value * 10 + text[at++] - '0';
      if (++count > 9) {
        throw new IllegalArgumentException("more precise than nanoseconds, the most possible");
      }
    }
    if (count == 0) {
      throw new IllegalArgumentException("a fraction without digits");
    }
    for (; count < 9; count++) {
      value *= 10;
    }
    return value;
  }

  /** Reads seconds, such as {@code -1.5s}. */
  static Times duration(byte[] text, int from, int to) {
    Times read = new Times(text, from, to);
    read.duration();
    return read;
  }

  private void duration() {
    boolean negative = at < end && text[at] == '-';
    if (negative) {
      at++;
    }
    int first = at;
    long whole = 0;
    while (at < end && text[at] >= '0' && text[at] <= '9' && at - first < 13) {
      whole = whole * 10 + text[at++] - '0';
    }
    if (at == first) {
      throw noDuration();
    }
    int part = fraction();
    if (end - at != 1 || text[at] != 's') {
      throw noDuration();
    }
    if (whole > MOST_DURATION || (whole == MOST_DURATION && part > 0)) {
      throw new IllegalArgumentException("longer than 315576000000s, the most possible");
    }
    seconds = negative ? -whole : whole;
    nanos = negative ? -part : part;
  }

  private static IllegalArgumentException noDuration() {
    return new IllegalArgumentException("not a duration such as 1.5s");
  }

  static void writeTimestamp(long seconds, int nanos, Output out) {
    if (seconds < LEAST_SECOND || seconds > MOST_SECOND || nanos < 0 || nanos > 999_999_999) {
      throw new IllegalStateException(
          "a Timestamp of " + seconds + " s and " + nanos + " ns is outside its range");
    }
    long day = Math.floorDiv(seconds, DAY);
    int second = (int) Math.floorMod(seconds, (long) DAY);
    out.put('"');
    date(day, out);
    out.put('T');
    out.decimal(second / 3600, 2);
    out.put(':');
    out.decimal(second / 60 % 60, 2);
    out.put(':');
    out.decimal(second % 60, 2);
    fraction(nanos, out);
    out.put('Z');
    out.put('"');
  }

  static void writeDuration(long seconds, int nanos, Output out) {
    if (seconds < -MOST_DURATION
        || seconds > MOST_DURATION
        || nanos < -999_999_999
        || nanos > 999_999_999
        || (seconds < 0 && nanos > 0)
        || (seconds > 0 && nanos < 0)) {
      throw new IllegalStateException(
          "a Duration of " + seconds + " s and " + nanos + " ns is outside its range");
    }
    out.put('"');
    if (seconds < 0 || nanos < 0) {
      out.put('-');
    }
    out.decimal(Math.abs(seconds));
    fraction(Math.abs(nanos), out);
    out.put('s');
    out.put('"');
  }

  /** Writes none, three, six or nine digits. */
  private static void fraction(int nanos, Output out) {
    if (nanos == 0) {
      return;
    }
    out.put('.');
    if (nanos % 1_000_000 == 0) {
      out.decimal(nanos / 1_000_000, 3);
    } else if (nanos % 1_000 == 0) {
      out.decimal(nanos / 1_000, 6);
    } else {
      out.decimal(nanos / 100_000_000, 1);
      out.decimal(nanos % 100_000_000, 8);
    }
  }

  private static boolean isLeap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  }

  /**
   * Days since 1970, of the Gregorian calendar. Years begin in March, so that leap days end them.
   */
  private static long epochDay(int year, int month, int day) {
    long y = month > 2 ? year : year - 1;
    long era = Math.floorDiv(y, 400L);
    long yearOfEra = y - era * 400;
    long dayOfYear = (153L * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
  }

  private static void date(long epochDay, Output out) {
    long shifted = epochDay + 719_468;
    long era = Math.floorDiv(shifted, 146_097L);
    long dayOfEra = shifted - era * 146_097;
    long yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long march = (5 * dayOfYear + 2) / 153;
    int month = (int) (march < 10 ? march + 3 : march - 9);
    out.decimal((int) (yearOfEra + era * 400 + (month <= 2 ? 1 : 0)), 4);
    out.put('-');
    out.decimal(month, 2);
    out.put('-');
    out.decimal((int) (dayOfYear - (153 * march + 2) / 5 + 1), 2);
  }
}
