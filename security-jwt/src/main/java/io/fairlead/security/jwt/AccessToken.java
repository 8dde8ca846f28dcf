package io.fairlead.security.jwt;

import io.grpc.Metadata;

/**
 * A token for calls, with the headers that carry it, made once.
 *
 * @param refreshNanos when the next one is to be asked for
 * @param expiresNanos from when on it must not be sent
 */
record AccessToken(Metadata headers, long refreshNanos, long expiresNanos) {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * A token is renewed when four fifths of its life are over, and some a bit earlier. Its life is
   * counted from when it was asked for: it may have begun at any time since.
   */
  static AccessToken of(String value, long lifeNanos, long askedNanos, double random) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + value);
    long refresh = (long) (lifeNanos * (0.8 - 0.1 * random));
    return new AccessToken(headers, askedNanos + refresh, askedNanos + lifeNanos);
  }

  /** Says nothing of the token. */
  @Override
  public String toString() {
    return "AccessToken";
  }
}
