package io.fairlead.security.jwt;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the SHA-256 of tokens. Each thread has its own.
 *
 * <p>A connection has the same array for a header of each call, as long as HPACK knows the header.
 * So the hash of an array that was seen lately is not made again. Arrays are compared by identity:
 * how long that takes says nothing of a token. They are held weakly, so that no token stays for it.
 */
final class TokenHasher {
  private static final ThreadLocal<TokenHasher> OF_THREAD =
      ThreadLocal.withInitial(TokenHasher::new);

  /** A power of two. */
  private static final int MAX_SEEN = 256;

  private final MessageDigest sha256;
  private final ByteBuffer hash = ByteBuffer.allocate(32);

  /** Each array has one place, and keeps it until nobody else has the array. */
  private final @Nullable SeenHeader[] seen = new SeenHeader[MAX_SEEN];

  private TokenHasher() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  static TokenHasher ofThread() {
    return OF_THREAD.get();
  }

  TokenCache.Key hash(String token) {
    byte[] bytes = token.getBytes(StandardCharsets.ISO_8859_1);
    return hash(bytes, 0);
  }

  /**
   * Returns the hash of the token in a header.
   *
   * @param header to which nobody writes
   * @param start where the token begins; the same for each header
   */
  TokenCache.Key hashOf(byte[] header, int start) {
    int place = System.identityHashCode(header) & (MAX_SEEN - 1);
    SeenHeader there = seen[place];
    if (there != null && there.refersTo(header)) {
      return there.key;
    }
    TokenCache.Key key = hash(header, start);
    if (there == null || there.refersTo(null)) {
      seen[place] = new SeenHeader(header, key);
    }
    return key;
  }

  private TokenCache.Key hash(byte[] bytes, int start) {
    sha256.update(bytes, start, bytes.length - start);
    try {
      sha256.digest(hash.array(), 0, hash.capacity());
    } catch (DigestException e) {
      throw new IllegalStateException("a SHA-256 has 32 bytes", e);
    }
    return new TokenCache.Key(hash.getLong(0), hash.getLong(8), hash.getLong(16), hash.getLong(24));
  }

  private static final class SeenHeader extends WeakReference<byte[]> {
    final TokenCache.Key key;

    SeenHeader(byte[] header, TokenCache.Key key) {
      super(header);
      this.key = key;
    }
  }
}
