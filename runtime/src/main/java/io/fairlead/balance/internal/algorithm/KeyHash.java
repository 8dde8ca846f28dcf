package io.fairlead.balance.internal.algorithm;

import com.google.protobuf.ByteString;

/**
 * Hashes that are the same in every process, so that all clients of a service send a key to the
 * same endpoint. Not for security: whoever knows the function can make keys that collide.
 */
public final class KeyHash {
  public static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private KeyHash() {}

  /** Returns the hash of a key, by its text, so that a number and its text in a header agree. */
  public static long of(Object value) {
    if (value instanceof ByteString bytes) {
      long hash = GOLDEN_GAMMA ^ bytes.size();
      for (int i = 0; i < bytes.size(); i++) {
        hash = step(hash, bytes.byteAt(i) & 0xff);
      }
      return mix(hash);
    }
    return ofText(value.toString());
  }

  public static long ofText(CharSequence text) {
    long hash = GOLDEN_GAMMA ^ text.length();
    for (int i = 0; i < text.length(); i++) {
      hash = step(hash, text.charAt(i));
    }
    return mix(hash);
  }

  /** Spreads every bit of the input over the output (the finalizer of SplitMix64). */
  public static long mix(long bits) {
    long z = bits;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Returns a number in [0, 1) from 64 bits. */
  public static double unit(long bits) {
    return (bits >>> 11) * 0x1.0p-53;
  }

  private static long step(long hash, int unit) {
    long h = (hash ^ unit) * 0xFF51AFD7ED558CCDL;
    return h ^ (h >>> 29);
  }
}
