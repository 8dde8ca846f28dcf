package io.fairlead.security.jwt;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that were checked, by their SHA-256: a dump of the heap shows no token.
 *
 * <p>Bounded by two generations. New entries go to the young one; when it has half of the limit, it
 * becomes the old one, and what was old is forgotten. An entry that is asked for in the old one
 * moves to the young one. So the tokens in use stay, and no entry has to know when it was used. Any
 * thread; the lock is for the change of generations alone.
 */
final class TokenCache {
  private final int half;
  private final Object lock = new Object();
  private volatile ConcurrentHashMap<Key, VerifiedToken> young = new ConcurrentHashMap<>();
  private volatile ConcurrentHashMap<Key, VerifiedToken> old = new ConcurrentHashMap<>();

  TokenCache(int limit) {
    this.half = Math.max(1, limit / 2);
  }

  @Nullable VerifiedToken get(Key key) {
    VerifiedToken found = young.get(key);
    if (found == null) {
      found = old.get(key);
      if (found != null) {
        put(key, found);
      }
    }
    return found;
  }

  @SuppressWarnings("ReferenceEquality") // whether another thread has changed the generations
  void put(Key key, VerifiedToken token) {
    ConcurrentHashMap<Key, VerifiedToken> target = young;
    if (target.size() >= half) {
      synchronized (lock) {
        if (young == target) {
          old = target;
          young = new ConcurrentHashMap<>();
        }
        target = young;
      }
    }
    target.put(key, token);
  }

  int size() {
    return young.size() + old.size();
  }

  /** The SHA-256 of a token. */
  record Key(long a, long b, long c, long d) {
    static Key of(String token) {
      return TokenHasher.ofThread().hash(token);
    }

    /** Any part of a good hash is one. */
    @Override
    public int hashCode() {
      return (int) a;
    }
  }
}
