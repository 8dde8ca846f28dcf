package io.fairlead.gateway.internal.json;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Int64Value;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import io.fairlead.gateway.forms.Small;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Fills messages of any type with values that JSON can hold, each from a seed. */
final class RandomMessages {
  private static final List<String> TEXTS =
      List.of(
          "",
          "a",
          "plain text of more than eight letters",
          "\"quoted\" and \\ and / and \b\f\n\r\t\u0001\u001f",
          "Grüße, 世界, \uD83D\uDE00!",
          "\u007f\u0080\u2028</script>",
          "seven77\"",
          "eight888\\",
          "\u0000");

  private static final double[] DOUBLES = {
    0,
    -0.0,
    1,
    -1,
    0.1,
    1.5,
    1e7,
    1e-3,
    123456789,
    1e21,
    1e22,
    1.5e23,
    4.9e-324,
    9007199254740992.0,
    Double.MAX_VALUE,
    Double.MIN_NORMAL,
    3.14159,
    12345.678
  };

  private final Random random;

  RandomMessages(long seed) {
    this.random = new Random(seed);
  }

  Random random() {
    return random;
  }

  <B extends Message.Builder> B fill(B message, int depth) {
    List<FieldDescriptor> fields = message.getDescriptorForType().getFields();
    // Some messages are full, most have a few fields.
    int chance = random.nextInt(4) == 0 ? 60 : 8;
    for (FieldDescriptor field : fields) {
      if (!field.isRequired() && random.nextInt(100) >= chance) {
        continue;
      }
      if (field.isMapField()) {
        Set<Object> keys = new HashSet<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          Message entry = entry(message.newBuilderForField(field), depth);
          if (keys.add(entry.getField(entry.getDescriptorForType().findFieldByNumber(1)))) {
            message.addRepeatedField(field, entry);
          }
        }
      } else if (field.isRepeated()) {
        for (int i = random.nextInt(5); i > 0; i--) {
          message.addRepeatedField(field, value(message, field, depth));
        }
      } else {
        message.setField(field, value(message, field, depth));
      }
    }
    return message;
  }

  private Message entry(Message.Builder entry, int depth) {
    for (FieldDescriptor field : entry.getDescriptorForType().getFields()) {
      entry.setField(field, value(entry, field, depth + 1));
    }
    return entry.build();
  }

  private Object value(Message.Builder parent, FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case INT -> number32();
      case LONG -> number64();
      case FLOAT -> floating(field.isMapField());
      case DOUBLE -> doubles(true);
      case BOOLEAN -> random.nextBoolean();
      case STRING -> text();
      case BYTE_STRING -> bytes();
      case ENUM -> enumeration(field.getEnumType());
      case MESSAGE -> message(parent.newBuilderForField(field), depth + 1);
    };
  }

  private Message message(Message.Builder builder, int depth) {
    Descriptor type = builder.getDescriptorForType();
    return switch (type.getFullName()) {
      case "google.protobuf.Timestamp" -> timestamp();
      case "google.protobuf.Duration" -> duration();
      case "google.protobuf.FieldMask" -> mask();
      case "google.protobuf.Struct" -> struct(depth);
      case "google.protobuf.Value" -> any(depth);
      case "google.protobuf.ListValue" -> list(depth);
      case "google.protobuf.Any" -> packed(depth);
      default -> depth > 3 && !hasRequired(type) ? builder.build() : fill(builder, depth).build();
    };
  }

  private static boolean hasRequired(Descriptor type) {
    return type.getFields().stream().anyMatch(FieldDescriptor::isRequired);
  }

  private int number32() {
    return switch (random.nextInt(6)) {
      case 0 -> 0;
      case 1 -> random.nextInt(200) - 100;
      case 2 -> Integer.MIN_VALUE;
      case 3 -> Integer.MAX_VALUE;
      default -> random.nextInt();
    };
  }

  private long number64() {
    return switch (random.nextInt(6)) {
      case 0 -> 0;
      case 1 -> random.nextInt(200) - 100;
      case 2 -> Long.MIN_VALUE;
      case 3 -> Long.MAX_VALUE;
      case 4 -> (long) Math.pow(10, random.nextInt(19)) - random.nextInt(2);
      default -> random.nextLong();
    };
  }

  private float floating(boolean finite) {
    return switch (random.nextInt(finite ? 4 : 5)) {
      case 0 -> (float) DOUBLES[random.nextInt(5)];
      case 1 -> Float.MAX_VALUE;
      case 2 -> random.nextInt(100_000) / 100f;
      case 3 -> random.nextFloat();
      default -> Float.NEGATIVE_INFINITY;
    };
  }

  private double doubles(boolean special) {
    return switch (random.nextInt(special ? 5 : 4)) {
      case 0 -> DOUBLES[random.nextInt(DOUBLES.length)];
      case 1 -> random.nextInt(100_000_000) / 10_000.0;
      case 2 -> finite(Double.longBitsToDouble(random.nextLong()));
      case 3 -> random.nextGaussian();
      default -> random.nextBoolean() ? Double.NaN : Double.POSITIVE_INFINITY;
    };
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  private String text() {
    StringBuilder text = new StringBuilder(TEXTS.get(random.nextInt(TEXTS.size())));
    while (random.nextInt(3) == 0) {
      text.append(TEXTS.get(random.nextInt(TEXTS.size())));
    }
    return text.toString();
  }

  private ByteString bytes() {
    byte[] bytes = new byte[random.nextInt(9)];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private Object enumeration(EnumDescriptor type) {
    return type.isClosed() || random.nextInt(4) > 0 || type.getFullName().startsWith("google.")
        ? type.getValues().get(random.nextInt(type.getValues().size()))
        : type.findValueByNumberCreatingIfUnknown(random.nextInt(300) - 100);
  }

  private Timestamp timestamp() {
    long seconds =
        switch (random.nextInt(4)) {
          case 0 -> -62_135_596_800L;
          case 1 -> 253_402_300_799L;
          case 2 -> random.nextInt();
          default -> -62_135_596_800L + (long) (random.nextDouble() * 315_000_000_000L);
        };
    return Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos()).build();
  }

  private int nanos() {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(1_000) * 1_000_000;
      case 2 -> random.nextInt(1_000_000) * 1_000;
      default -> random.nextInt(1_000_000_000);
    };
  }

  private Duration duration() {
    int sign = random.nextBoolean() ? 1 : -1;
    return Duration.newBuilder()
        .setSeconds(sign * (long) random.nextInt(1_000_000))
        .setNanos(sign * nanos())
        .build();
  }

  private FieldMask mask() {
    FieldMask.Builder mask = FieldMask.newBuilder();
    for (int i = random.nextInt(3); i > 0; i--) {
      mask.addPaths(List.of("name", "author.born_in", "a_b_c", "tags").get(random.nextInt(4)));
    }
    return mask.build();
  }

  private Struct struct(int depth) {
    Struct.Builder struct = Struct.newBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      struct.putFields(text(), any(depth + 1));
    }
    return struct.build();
  }

  private ListValue list(int depth) {
    ListValue.Builder list = ListValue.newBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      list.addValues(any(depth + 1));
    }
    return list.build();
  }

  private Value any(int depth) {
    Value.Builder value = Value.newBuilder();
    return switch (random.nextInt(depth > 4 ? 4 : 6)) {
      case 0 -> value.setNullValue(NullValue.NULL_VALUE).build();
      case 1 -> value.setNumberValue(doubles(false)).build();
      case 2 -> value.setBoolValue(random.nextBoolean()).build();
      case 3 -> value.setStringValue(text()).build();
      case 4 -> value.setStructValue(struct(depth + 1)).build();
      default -> value.setListValue(list(depth + 1)).build();
    };
  }

  private Any packed(int depth) {
    return switch (random.nextInt(depth > 4 ? 3 : 5)) {
      case 0 -> Any.getDefaultInstance();
      case 1 -> Any.pack(timestamp());
      case 2 -> Any.pack(Int64Value.of(number64()));
      case 3 -> Any.pack(packed(depth + 1));
      default -> Any.pack(fill(Small.newBuilder(), depth + 1).build());
    };
  }
}
