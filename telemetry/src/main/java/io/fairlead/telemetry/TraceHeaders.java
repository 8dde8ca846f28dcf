package io.fairlead.telemetry;

import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The formats of the headers {@code traceparent} and {@code tracestate} of W3C Trace Context. */
final class TraceHeaders {
  static final int SAMPLED = 1;

  /** Of level 2: the trace's id is random in its right half. */
  private static final int RANDOM = 2;

  private static final int LENGTH = 55;
  private static final int MAX_MEMBERS = 32;
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** As it is on the wire: texts in between would be objects of each call. */
  private static final Metadata.Key<byte[]> TRACEPARENT =
      InternalMetadata.keyOf("traceparent", new AsOnTheWire());

  private static final Metadata.Key<String> TRACESTATE =
      Metadata.Key.of("tracestate", Metadata.ASCII_STRING_MARSHALLER);

  private TraceHeaders() {}

  /** Neither reads nor writes. */
  private static final class AsOnTheWire
      implements InternalMetadata.TrustedAsciiMarshaller<byte[]> {
    @Override
    public byte[] toAsciiString(byte[] value) {
      return value;
    }

    @Override
    public byte[] parseAsciiString(byte[] serialized) {
      return serialized;
    }
  }

  /** Returns what the headers say, or null for nothing that is well-formed. */
  static @Nullable TraceContext read(Metadata headers) {
    Iterable<byte[]> parents = headers.getAll(TRACEPARENT);
    if (parents == null) {
      return null;
    }
    Iterator<byte[]> each = parents.iterator();
    TraceContext caller = parse(each.next());
    if (caller == null || each.hasNext()) {
      return null; // several are as good as none
    }
    Iterable<String> states = headers.getAll(TRACESTATE);
    return states == null ? caller : caller.withState(validState(String.join(",", states)));
  }

  static void write(TraceContext trace, Metadata headers) {
    headers.discardAll(TRACEPARENT);
    headers.discardAll(TRACESTATE);
    headers.put(TRACEPARENT, trace.traceparentBytes());
    if (!trace.tracestate().isEmpty()) {
      headers.put(TRACESTATE, trace.tracestate());
    }
  }

  /**
   * Returns what the header says, or null if it is malformed. A later version may say more behind
   * another dash; of its flags those are taken that are known here.
   */
  static @Nullable TraceContext parse(byte[] header) {
    int from = 0;
    int to = header.length;
    while (from < to && isSpace((char) header[from])) {
      from++;
    }
    while (to > from && isSpace((char) header[to - 1])) {
      to--;
    }
    if (to - from < LENGTH
        || header[from + 2] != '-'
        || header[from + 35] != '-'
        || header[from + 52] != '-'
        || !isHex(header, from, from + 2)
        || !isHex(header, from + 3, from + 35)
        || !isHex(header, from + 36, from + 52)
        || !isHex(header, from + 53, from + LENGTH)) {
      return null;
    }
    long version = number(header, from, from + 2);
    boolean longer = to - from > LENGTH;
    if (version == 0xff || (longer && (version == 0 || header[from + LENGTH] != '-'))) {
      return null;
    }
    long high = number(header, from + 3, from + 19);
    long low = number(header, from + 19, from + 35);
    long span = number(header, from + 36, from + 52);
    if ((high | low) == 0 || span == 0) {
      return null;
    }
    int flags = (int) number(header, from + 53, from + LENGTH) & (SAMPLED | RANDOM);
    return new TraceContext(high, low, span, 0, flags, "", Map.of());
  }

  private static boolean isHex(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!isHex((char) text[i])) {
        return false;
      }
    }
    return true;
  }

  /** Returns the value of hexadecimal digits in lower case. */
  private static long number(byte[] digits, int from, int to) {
    long value = 0;
    for (int i = from; i < to; i++) {
      byte digit = digits[i];
      value = value << 4 | (digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return value;
  }

  /** Reads the ids that another library has made; null if they are malformed. */
  static @Nullable TraceContext ofIds(
      String traceId, String spanId, String parentSpanId, boolean sampled) {
    if (traceId.length() != 32
        || spanId.length() != 16
        || !isHex(traceId, 0, 32)
        || !isHex(spanId, 0, 16)) {
      return null;
    }
    long high = Long.parseUnsignedLong(traceId, 0, 16, 16);
    long low = Long.parseUnsignedLong(traceId, 16, 32, 16);
    long span = Long.parseUnsignedLong(spanId, 0, 16, 16);
    if ((high | low) == 0 || span == 0) {
      return null;
    }
    long parent = parentSpanId.isEmpty() ? 0 : Long.parseUnsignedLong(parentSpanId, 16);
    return new TraceContext(high, low, span, parent, sampled ? SAMPLED : 0, "", Map.of());
  }

  private static boolean isHex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!isHex(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }

  static byte[] format(long high, long low, long span, int flags) {
    byte[] text = new byte[LENGTH];
    text[0] = '0';
    text[1] = '0';
    text[2] = '-';
    put(high, text, 3);
    put(low, text, 19);
    text[35] = '-';
    put(span, text, 36);
    text[52] = '-';
    text[53] = '0';
    text[54] = DIGITS[flags & 15];
    return text;
  }

  static String hex(long value) {
    byte[] text = new byte[16];
    put(value, text, 0);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static void put(long value, byte[] into, int from) {
    for (int i = 0; i < 16; i++) {
      into[from + i] = DIGITS[(int) (value >>> (60 - 4 * i)) & 15];
    }
  }

  /** Returns the value of {@code tracestate} if it keeps all rules, and otherwise an empty text. */
  static String validState(String header) {
    String text = trim(header);
    if (text.isEmpty()) {
      return "";
    }
    StringBuilder valid = new StringBuilder(text.length());
    Set<String> keys = new HashSet<>();
    for (String each : text.split(",", -1)) {
      String member = trim(each);
      if (member.isEmpty()) {
        continue; // allowed, and counts for nothing
      }
      int equals = member.indexOf('=');
      if (equals < 0
          || !isKey(member.substring(0, equals))
          || !isValue(member, equals + 1)
          || !keys.add(member.substring(0, equals))
          || keys.size() > MAX_MEMBERS) {
        return "";
      }
      valid.append(valid.isEmpty() ? "" : ",").append(member);
    }
    return valid.toString();
  }

  private static boolean isKey(String key) {
    int at = key.indexOf('@');
    if (at < 0) {
      return key.length() <= 256 && isKeyPart(key, false);
    }
    return at <= 241
        && key.length() - at - 1 <= 14
        && isKeyPart(key.substring(0, at), true)
        && isKeyPart(key.substring(at + 1), false);
  }

  private static boolean isKeyPart(String part, boolean mayBeginWithDigit) {
    if (part.isEmpty()) {
      return false;
    }
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      boolean first = (c >= 'a' && c <= 'z') || (digit && mayBeginWithDigit);
      if (!first && (i == 0 || !(digit || "_-*/".indexOf(c) >= 0))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isValue(String member, int from) {
    int length = member.length() - from;
    if (length < 1 || length > 256) {
      return false;
    }
    for (int i = from; i < member.length(); i++) {
      char c = member.charAt(i);
      if (c < ' ' || c > '~' || c == '=') {
        return false;
      }
    }
    return true;
  }

  /** Without the spaces and tabs that HTTP allows around a value. */
  static String trim(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isSpace(text.charAt(from))) {
      from++;
    }
    while (to > from && isSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }
}
