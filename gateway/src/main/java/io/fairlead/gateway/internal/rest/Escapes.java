package io.fairlead.gateway.internal.rest;

import io.grpc.Status;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Percent escapes of a path. A plus sign is a plus sign. */
final class Escapes {
  private Escapes() {}

  /**
   * Decodes.
   *
   * @param keepSlashes leaves {@code %2F} as it is, so that it cannot be taken for a separator
   */
  static String decode(String text, boolean keepSlashes) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.allocate(in.length);
    for (int i = 0; i < in.length; i++) {
      if (in[i] != '%') {
        out.put(in[i]);
        continue;
      }
      int high = i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
      int low = i + 2 < in.length ? Character.digit(in[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        throw bad(text);
      }
      int value = high * 16 + low;
      if (value == '/' && keepSlashes) {
        out.put(in, i, 3);
      } else {
        out.put((byte) value);
      }
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(out.flip()).toString();
    } catch (CharacterCodingException e) {
      throw bad(text);
    }
  }

  private static RuntimeException bad(String text) {
    return Status.INVALID_ARGUMENT
        .withDescription("the path has a bad escape: " + text)
        .asRuntimeException();
  }
}
