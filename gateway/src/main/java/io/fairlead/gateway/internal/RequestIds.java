package io.fairlead.gateway.internal;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What tells requests apart: a header that callers send, or that is made here. Whoever sends it
 * chooses it, so it proves nothing.
 *
 * @param header in small letters; empty to have none
 */
record RequestIds(String header) {
  private static final int MOST = 128;

  /** Gives a request its id, where it has none that can be handed on. */
  void complete(HttpHeaders request) {
    if (!header.isEmpty() && !isUsable(request.get(header))) {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      request.set(header, hex(random.nextLong()) + hex(random.nextLong()));
    }
  }

  private static String hex(long value) {
    return String.format("%016x", value);
  }

  private static boolean isUsable(@Nullable String id) {
    return id != null
        && !id.isEmpty()
        && id.length() <= MOST
        && id.chars().allMatch(c -> c > 0x20 && c <= 0x7e);
  }

  /** Puts the id of a request into its response. */
  void repeat(HttpHeaders request, HttpHeaders response) {
    if (!header.isEmpty()) {
      String id = request.get(header);
      if (id != null) {
        response.set(header, id);
      }
    }
  }
}
