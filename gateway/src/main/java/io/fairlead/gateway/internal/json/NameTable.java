package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the number of a name without making a String of it. Immutable. */
final class NameTable {
  private final byte[] @Nullable [] names;
  private final int[] numbers;

  NameTable(Map<String, Integer> entries) {
    int slots = Integer.highestOneBit(Math.max(2, entries.size() * 2)) * 2;
    this.names = new byte[slots][];
    this.numbers = new int[slots];
    entries.forEach(
        (name, number) -> {
          byte[] bytes = name.getBytes(UTF_8);
          int slot = Words.hash(bytes, 0, bytes.length) & (slots - 1);
          while (names[slot] != null) {
            slot = (slot + 1) & (slots - 1);
          }
          names[slot] = bytes;
          numbers[slot] = number;
        });
  }

  /** Returns the number of a name, or a default if there is no such name. */
  int find(byte[] text, int from, int to, int otherwise) {
    int slot = Words.hash(text, from, to) & (names.length - 1);
    byte[] name;
    while ((name = names[slot]) != null) {
      if (Arrays.equals(name, 0, name.length, text, from, to)) {
        return numbers[slot];
      }
      slot = (slot + 1) & (names.length - 1);
    }
    return otherwise;
  }
}
