package io.fairlead.registry.etcd;

import com.google.protobuf.ByteString;

/**
 * One key, or all keys with a prefix.
 *
 * @param exact whether it is the key alone
 */
record KeyRange(String start, boolean exact) {
  static KeyRange prefix(String prefix) {
    return new KeyRange(prefix, false);
  }

  static KeyRange key(String key) {
    return new KeyRange(key, true);
  }

  ByteString from() {
    return start.isEmpty() ? ByteString.copyFrom(new byte[1]) : ByteString.copyFromUtf8(start);
  }

  /**
   * Returns the end that etcd wants: empty for one key, else the first key that lacks the prefix.
   */
  ByteString end() {
    if (exact) {
      return ByteString.EMPTY;
    }
    byte[] bytes = ByteString.copyFromUtf8(start).toByteArray();
    // No UTF-8 text has the byte 0xff, so the last byte can always grow.
    if (bytes.length == 0) {
      return ByteString.copyFrom(new byte[1]);
    }
    bytes[bytes.length - 1]++;
    return ByteString.copyFrom(bytes);
  }

  @Override
  public String toString() {
    return exact ? "key " + start : "prefix " + start;
  }
}
