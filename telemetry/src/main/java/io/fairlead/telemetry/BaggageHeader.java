package io.fairlead.telemetry;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The format of the header {@code baggage} of W3C Baggage. Members that are malformed, or whose key
 * is not allowed, are left out; of two with one key the later one counts. A value keeps its
 * properties, as it came.
 */
final class BaggageHeader {
  private static final int MAX_MEMBERS = 64;
  private static final int MAX_LENGTH = 8192;

  private BaggageHeader() {}

  /** Returns the members with these keys, each value as it stands in the header. */
  static Map<String, String> parse(Iterable<String> headers, Set<String> allowed) {
    Map<String, String> members = new LinkedHashMap<>();
    int length = 0;
    for (String header : headers) {
      for (String each : header.split(",", -1)) {
        int equals = each.indexOf('=');
        String key = equals < 0 ? "" : TraceHeaders.trim(each.substring(0, equals));
        if (!allowed.contains(key)) {
          continue;
        }
        String value = TraceHeaders.trim(each.substring(equals + 1));
        int added = key.length() + value.length() + 2;
        if (isValue(value) && length + added <= MAX_LENGTH && members.size() < MAX_MEMBERS) {
          members.put(key, value);
          length += added;
        }
      }
    }
    return members.isEmpty() ? Map.of() : Collections.unmodifiableMap(members);
  }

  /** Returns the header of the members with these keys; an empty text for none. */
  static String format(Map<String, String> members, Set<String> allowed) {
    StringBuilder header = new StringBuilder();
    members.forEach(
        (key, value) -> {
          int length = header.length() + key.length() + value.length() + 2;
          if (allowed.contains(key) && length <= MAX_LENGTH) {
            header.append(header.isEmpty() ? "" : ",").append(key).append('=').append(value);
          }
        });
    return header.toString();
  }

  static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isAlphanumeric(c) && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** Whether it is a value, with properties behind it or without. */
  private static boolean isValue(String text) {
    int end = text.indexOf(';');
    String bare = end < 0 ? text : TraceHeaders.trim(text.substring(0, end));
    for (int i = 0; i < bare.length(); i++) {
      if (!isOctet(bare.charAt(i))) {
        return false;
      }
    }
    for (int i = bare.length(); i < text.length(); i++) {
      if ((text.charAt(i) < ' ' && text.charAt(i) != '\t') || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  private static boolean isOctet(int c) {
    return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
  }

  static String encode(String value) {
    StringBuilder encoded = new StringBuilder();
    for (byte each : value.getBytes(StandardCharsets.UTF_8)) {
      if (isOctet(each) && each != '%') {
        encoded.append((char) each);
      } else {
        encoded.append('%').append(Character.toUpperCase(Character.forDigit((each >> 4) & 15, 16)));
        encoded.append(Character.toUpperCase(Character.forDigit(each & 15, 16)));
      }
    }
    return encoded.toString();
  }

  /** Returns the value without properties; bytes that are no UTF-8 are replaced. */
  static String decode(String raw) {
    int end = raw.indexOf(';');
    String value = end < 0 ? raw : TraceHeaders.trim(raw.substring(0, end));
    if (value.indexOf('%') < 0) {
      return value;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(value.length());
    for (int i = 0; i < value.length(); i++) {
      int octet = value.charAt(i) == '%' ? octet(value, i + 1) : -1;
      if (octet >= 0) {
        bytes.write(octet);
        i += 2;
      } else {
        bytes.write(value.charAt(i));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** Returns what two digits say, or -1 if there are none. */
  private static int octet(String value, int from) {
    if (from + 2 > value.length()) {
      return -1;
    }
    int high = Character.digit(value.charAt(from), 16);
    int low = Character.digit(value.charAt(from + 1), 16);
    return high < 0 || low < 0 ? -1 : (high << 4) | low;
  }
}
