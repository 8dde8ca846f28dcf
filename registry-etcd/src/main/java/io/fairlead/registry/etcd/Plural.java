package io.fairlead.registry.etcd;

/** Counted nouns in messages: {@code 1 endpoint}, {@code 2 endpoints}. */
final class Plural {
  private Plural() {}

  static String of(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
