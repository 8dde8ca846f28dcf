package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of an enum, by name and by number. Immutable. */
final class EnumSchema {
  /** No value of an enum, which has 32 bits. */
  static final long NONE = Long.MIN_VALUE;

  private static final int DENSE = 64;
  private static final int MAX_LISTED = 10;

  private final EnumDescriptor descriptor;
  private final boolean closed;
  private final boolean ofNull;
  private final NameTable names;
  private final int[] numbers;
  private final @Nullable Literal[] dense = new Literal[DENSE];
  private final Map<Integer, Literal> sparse = new HashMap<>();

  EnumSchema(EnumDescriptor descriptor) {
    this.descriptor = descriptor;
    this.closed = descriptor.isClosed();
    this.ofNull = descriptor.getFullName().equals("google.protobuf.NullValue");
    this.numbers = new int[descriptor.getValues().size()];
    Map<String, Integer> named = new HashMap<>();
    for (EnumValueDescriptor each : descriptor.getValues()) {
      int number = each.getNumber();
      numbers[each.getIndex()] = number;
      named.put(each.getName(), each.getIndex());
      Literal name = new Literal(('"' + each.getName() + '"').getBytes(UTF_8));
      // Of two names for one number, the first is written.
      if (number >= 0 && number < DENSE) {
        dense[number] = dense[number] == null ? name : dense[number];
      } else {
        sparse.putIfAbsent(number, name);
      }
    }
    this.names = new NameTable(named);
  }

  /** Returns the number of a name; {@link #NONE} without one. */
  long number(byte[] text, int from, int to) {
    int index = names.find(text, from, to, -1);
    return index < 0 ? NONE : numbers[index];
  }

  /** Returns the name of a number, in quotes; null without one. */
  @Nullable Literal name(int number) {
    return number >= 0 && number < DENSE ? dense[number] : sparse.get(number);
  }

  /** Returns whether only known numbers are values. */
  boolean isClosed() {
    return closed;
  }

  /** Returns whether this is the type of null. */
  boolean isNull() {
    return ofNull;
  }

  /** Returns the number of the first value. */
  int first() {
    return numbers[0];
  }

  /** Returns the names for an error. */
  String listed() {
    StringBuilder list = new StringBuilder(descriptor.getFullName()).append(" has ");
    for (int i = 0; i < numbers.length && i < MAX_LISTED; i++) {
      list.append(i == 0 ? "" : ", ").append(descriptor.getValues().get(i).getName());
    }
    return list.append(numbers.length > MAX_LISTED ? ", ..." : "").toString();
  }
}
