package io.fairlead.codegen.contract;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.fairlead.options.DurationText;
import io.fairlead.options.Live;
import io.fairlead.options.LiveBounds.Field;
import io.fairlead.options.LiveBounds.Range;
import io.fairlead.options.NumberBounds;
import io.fairlead.options.Policy;
import io.fairlead.options.TimeBounds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checks the bounds of live policies: each for itself, against each other, and that the contract
 * keeps to its own bounds.
 *
 * @param option what the method or the service states itself
 * @param service what the service states; the same as the option if that is of a service
 * @param effective what applies to the method
 */
record LiveRules(PolicyOption option, PolicyOption service, Policy effective) {
  private static final int LEAST_ATTEMPTS = 2;
  private static final int MOST_ATTEMPTS = 10;
  private static final String MIN = "min";
  private static final String MAX = "max";

  void check() {
    Live own = option.policy().getLive();
    boolean readable = option.equals(service) || areReadable(service.policy().getLive());
    checkKnown(own, List.of(Policy.LIVE_FIELD_NUMBER));
    for (Field field : Field.values()) {
      Optional<Message> stated = stated(own, field);
      boolean valid = stated.isEmpty() || isValid(field, stated.get());
      if (valid && readable && (stated.isPresent() || ownValue(field) != null)) {
        checkTogether(field, stated.isPresent());
      }
    }
  }

  /** A bound that cannot be read was noted at the service. */
  private static boolean areReadable(Live live) {
    try {
      for (Field field : Field.values()) {
        Range unused = field.range(live);
      }
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A field that this generator does not know would be lost without a word. */
  private void checkKnown(Message message, List<Integer> path) {
    for (Integer number : message.getUnknownFields().asMap().keySet()) {
      option.refuse(
          "field %d of %s is not known to this version of protoc-gen-fairlead; raise the generator to the version of fairlead/options.proto"
              .formatted(number, message.getDescriptorForType().getFullName()),
          path.toArray(new Integer[0]));
    }
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (value instanceof Message inner) {
                List<Integer> longer = new ArrayList<>(path);
                longer.add(field.getNumber());
                checkKnown(inner, longer);
              }
            });
  }

  /** The bounds of a field, if the block states some. */
  private static Optional<Message> stated(Live live, Field field) {
    Message at = live;
    for (String name : field.contractName().split("\\.", -1)) {
      FieldDescriptor step = at.getDescriptorForType().findFieldByName(name);
      if (!at.hasField(step)) {
        return Optional.empty();
      }
      at = (Message) at.getField(step);
    }
    return Optional.of(at);
  }

  /** Notes every mistake in the bounds of a field; returns whether there is none. */
  private boolean isValid(Field field, Message bounds) {
    boolean valid;
    if (bounds instanceof NumberBounds numbers) {
      valid = isStated(field, numbers.hasMin() || numbers.hasMax());
      valid &= !numbers.hasMin() || isNumber(field, MIN, numbers.getMin());
      valid &= !numbers.hasMax() || isNumber(field, MAX, numbers.getMax());
    } else {
      TimeBounds times = (TimeBounds) bounds;
      valid = isStated(field, !times.getMin().isEmpty() || !times.getMax().isEmpty());
      valid &= times.getMin().isEmpty() || isTime(field, MIN, times.getMin());
      valid &= times.getMax().isEmpty() || isTime(field, MAX, times.getMax());
    }
    return valid;
  }

  private boolean isStated(Field field, boolean stated) {
    if (!stated) {
      refuse(field, "", " states neither min nor max; write one of them, or drop it");
    }
    return stated;
  }

  private boolean isNumber(Field field, String bound, int number) {
    boolean attempts = field == Field.RETRY_ATTEMPTS || field == Field.HEDGING_ATTEMPTS;
    int least = attempts ? LEAST_ATTEMPTS : 1;
    int most = attempts ? MOST_ATTEMPTS : Integer.MAX_VALUE;
    if (number >= least && number <= most) {
      return true;
    }
    refuse(
        field,
        bound,
        " is %s; write %d to %d, or leave it out"
            .formatted(Integer.toUnsignedString(number), least, most));
    return false;
  }

  private boolean isTime(Field field, String bound, String text) {
    try {
      if (DurationText.nanos(text) > 0) {
        return true;
      }
      refuse(field, bound, " \"" + text + "\" is no time at all; leave it out");
    } catch (IllegalArgumentException e) {
      refuse(field, bound, " " + e.getMessage());
    }
    return false;
  }

  /** What the method states itself counts; the service's own contradictions are noted there. */
  private void checkTogether(Field field, boolean own) {
    Range range = field.range(effective.getLive());
    if (range.min() > range.max()) {
      if (own) {
        refuse(
            field,
            "",
            " is %s%s which allows nothing: min is above max; lower min, or raise max"
                .formatted(range.text(), whose(field)));
      }
      return;
    }
    Value value = value(field, effective);
    if (value != null && !range.contains(value.number())) {
      option.refuse(
          "%s %s is outside of live.%s, %s%s and a contract must keep to its own bounds; change the one or the other"
              .formatted(
                  field.contractName(),
                  value.text(),
                  field.contractName(),
                  range.text(),
                  whose(field)),
          ownValue(field) == null
              ? livePath(field, "")
              : path(List.of(), Policy.getDescriptor(), field));
    }
  }

  /** Says so if the service states the bounds, or a part of them. */
  private String whose(Field field) {
    return !option.equals(service) && stated(service.policy().getLive(), field).isPresent()
        ? service.states(livePath(field, ""))
        : ",";
  }

  private record Value(long number, String text) {}

  private @Nullable Value ownValue(Field field) {
    return value(field, option.policy());
  }

  /** The value that the policy gives to a field; attempts have a default. */
  private static @Nullable Value value(Field field, Policy policy) {
    return switch (field) {
      case DEADLINE -> time(policy.getDeadline());
      case IDLE_TIMEOUT -> time(policy.getIdleTimeout());
      case RETRY_ATTEMPTS -> attempts(policy.hasRetry(), policy.getRetry().getAttempts(), 3);
      case RETRY_PER_ATTEMPT -> time(policy.getRetry().getPerAttempt());
      case HEDGING_ATTEMPTS -> attempts(policy.hasHedging(), policy.getHedging().getAttempts(), 2);
      case HEDGING_DELAY -> time(policy.getHedging().getDelay());
      case MAX_REQUEST_BYTES -> number(policy.hasMaxRequestBytes(), policy.getMaxRequestBytes());
      case MAX_RESPONSE_BYTES -> number(policy.hasMaxResponseBytes(), policy.getMaxResponseBytes());
    };
  }

  /** A text that is not a duration was refused elsewhere. */
  private static @Nullable Value time(String text) {
    try {
      return text.isEmpty() ? null : new Value(DurationText.nanos(text), "\"" + text + "\"");
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable Value attempts(boolean stated, int attempts, int standard) {
    return attempts == 0 && stated
        ? new Value(standard, standard + " (the default)")
        : number(stated, attempts);
  }

  private static @Nullable Value number(boolean stated, int number) {
    return stated
        ? new Value(Integer.toUnsignedLong(number), Integer.toUnsignedString(number))
        : null;
  }

  /**
   * Notes a mistake in the bounds of a field.
   *
   * @param bound which one; empty for both
   */
  private void refuse(Field field, String bound, String what) {
    String name = "live." + field.contractName() + (bound.isEmpty() ? "" : "." + bound);
    option.refuse(name + what, livePath(field, bound));
  }

  private static Integer[] livePath(Field field, String bound) {
    Integer[] block = path(List.of(Policy.LIVE_FIELD_NUMBER), Live.getDescriptor(), field);
    if (bound.isEmpty()) {
      return block;
    }
    Integer[] path = Arrays.copyOf(block, block.length + 1);
    // The numbers of min and max are the same in both messages of bounds.
    path[block.length] =
        bound.equals(MIN) ? TimeBounds.MIN_FIELD_NUMBER : TimeBounds.MAX_FIELD_NUMBER;
    return path;
  }

  /** Policies and bounds have the same names of fields. */
  private static Integer[] path(List<Integer> before, Descriptor from, Field field) {
    List<Integer> path = new ArrayList<>(before);
    Descriptor at = from;
    for (String name : field.contractName().split("\\.", -1)) {
      FieldDescriptor step = at.findFieldByName(name);
      path.add(step.getNumber());
      if (step.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        at = step.getMessageType();
      }
    }
    return path.toArray(new Integer[0]);
  }
}
