package io.fairlead.testkit;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Writes the parts of a certificate, in the encoding DER of ASN.1. */
final class Der {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final byte[] COMMON_NAME = oid(0x55, 0x04, 0x03);

  private Der() {}

  static byte[] tagged(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int length = content.length;
    if (length < 0x80) {
      out.write(length);
    } else if (length < 0x100) {
      out.write(0x81);
      out.write(length);
    } else {
      out.write(0x82);
      out.write(length >> 8);
      out.write(length);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return tagged(0x30, joined(parts));
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** An object identifier, by its encoded content. */
  static byte[] oid(int... content) {
    byte[] bytes = new byte[content.length];
    for (int i = 0; i < content.length; i++) {
      bytes[i] = (byte) content[i];
    }
    return tagged(0x06, bytes);
  }

  static byte[] integer(long value) {
    return tagged(0x02, BigInteger.valueOf(value).toByteArray());
  }

  static byte[] bitString(byte[] bits) {
    return tagged(0x03, joined(new byte[] {0}, bits));
  }

  static byte[] time(Instant at) {
    return tagged(0x18, TIME.format(at).getBytes(StandardCharsets.US_ASCII));
  }

  /** A distinguished name that is a common name alone. */
  static byte[] name(String commonName) {
    byte[] text = tagged(0x0C, commonName.getBytes(StandardCharsets.UTF_8));
    return sequence(tagged(0x31, sequence(COMMON_NAME, text)));
  }

  static byte[] extension(byte[] oid, boolean critical, byte[] value) {
    byte[] content = tagged(0x04, value);
    return critical
        ? sequence(oid, tagged(0x01, new byte[] {-1}), content)
        : sequence(oid, content);
  }
}
