package io.fairlead.gateway.internal.json;

import com.google.protobuf.WireFormat;

/** A cursor over the bytes of a message. Throws {@link IllegalStateException} if they are none. */
final class WireInput {
  /** As protobuf's readers: deeper messages are refused. */
  static final int MAX_DEPTH = 100;

  private final byte[] in;
  private int at;

  WireInput(byte[] in) {
    this.in = in;
  }

  byte[] array() {
    return in;
  }

  int at() {
    return at;
  }

  void seek(int to) {
    at = to;
  }

  long varint(int end) {
    if (at < end && in[at] >= 0) {
      return in[at++];
    }
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= end) {
        throw broken("it ends within a number");
      }
      byte b = in[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw broken("a number has more than ten bytes");
  }

  int tag(int end) {
    if (at < end && in[at] > 7) {
      return in[at++];
    }
    int tag = (int) varint(end);
    if (tag >>> 3 == 0) {
      throw broken("a field has the number 0");
    }
    return tag;
  }

  int fixed32(int end) {
    if (end - at < 4) {
      throw broken("it ends within a number");
    }
    int value = Words.getInt(in, at);
    at += 4;
    return value;
  }

  long fixed64(int end) {
    if (end - at < 8) {
      throw broken("it ends within a number");
    }
    long value = Words.getLong(in, at);
    at += 8;
    return value;
  }

  /** Reads a length, and returns where as many bytes end. */
  int delimited(int end) {
    long length = varint(end);
    if (length < 0 || length > end - at) {
      throw broken("it ends within a field");
    }
    return at + (int) length;
  }

  /** Passes over the value of a field. */
  void skip(int tag, int end, int depth) {
    switch (tag & 7) {
      case WireFormat.WIRETYPE_VARINT -> varint(end);
      case WireFormat.WIRETYPE_FIXED64 -> fixed64(end);
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> at = delimited(end);
      case WireFormat.WIRETYPE_START_GROUP -> {
        if (depth >= MAX_DEPTH) {
          throw broken("it is nested too deep");
        }
        int inner;
        while ((inner = tag(end)) != ((tag & ~7) | WireFormat.WIRETYPE_END_GROUP)) {
          skip(inner, end, depth + 1);
        }
      }
      case WireFormat.WIRETYPE_FIXED32 -> fixed32(end);
      default -> throw broken("a field has no known form");
    }
  }

  static IllegalStateException broken(String why) {
    return new IllegalStateException("the message is not in protobuf's form: " + why);
  }
}
