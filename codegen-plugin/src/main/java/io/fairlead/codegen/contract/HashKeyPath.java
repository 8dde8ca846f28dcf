package io.fairlead.codegen.contract;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.fairlead.codegen.names.FieldGetter;
import io.fairlead.options.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Follows the path of a hash key through the request's messages. */
final class HashKeyPath {
  private static final int MOST_NAMES = 12;

  private final PolicyOption option;
  private final List<FieldDescriptor> fields = new ArrayList<>();

  private HashKeyPath(PolicyOption option) {
    this.option = option;
  }

  /** The path's fields; what is wrong with it is noted, and then there are none. */
  static List<FieldDescriptor> resolve(PolicyOption option, Descriptor request) {
    HashKeyPath path = new HashKeyPath(option);
    return path.follow(request) ? path.fields : List.of();
  }

  private boolean follow(Descriptor request) {
    Descriptor message = request;
    String[] segments = option.policy().getHashKey().split("\\.", -1);
    for (int i = 0; i < segments.length; i++) {
      FieldDescriptor field = message.findFieldByName(segments[i]);
      boolean last = i + 1 == segments.length;
      Optional<String> mistake =
          field == null ? Optional.of(missing(message, segments[i])) : mistake(field, last);
      if (mistake.isPresent() || field == null) {
        refuse(mistake.orElse(""));
        return false;
      }
      fields.add(field);
      if (!last) {
        message = field.getMessageType();
      }
    }
    return true;
  }

  private Optional<String> mistake(FieldDescriptor field, boolean last) {
    boolean isMessage = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
    if (field.isRepeated()) {
      return Optional.of(
          "%s is %s, which has no single value to hash; name a singular field"
              .formatted(field.getFullName(), field.isMapField() ? "a map" : "repeated"));
    }
    if (last && isMessage) {
      return Optional.of(
          "%s is a message, which has no stable bytes to hash; name a field in it, one of %s"
              .formatted(field.getFullName(), names(field.getMessageType())));
    }
    if (!last && !isMessage) {
      return Optional.of(
          "%s is not a message, so the path ends there; drop what follows it"
              .formatted(field.getFullName()));
    }
    return option
        .diagnostics()
        .forJava(FieldGetter.rival(field))
        .map(
            rival ->
                "the fields %s and %s share a Java name, and protoc renames both; hash another field, or rename one"
                    .formatted(field.getFullName(), rival.getName()));
  }

  private static String missing(Descriptor message, String segment) {
    String has = message.getFields().isEmpty() ? "it has none" : "it has " + names(message);
    List<String> known = message.getFields().stream().map(FieldDescriptor::getName).toList();
    return "%s has no field \"%s\"; %s%s"
        .formatted(message.getFullName(), segment, Suggestion.didYouMean(segment, known), has);
  }

  private static String names(Descriptor message) {
    String names =
        message.getFields().stream()
            .limit(MOST_NAMES)
            .map(FieldDescriptor::getName)
            .collect(Collectors.joining(", "));
    return message.getFields().size() > MOST_NAMES ? names + ", ..." : names;
  }

  private void refuse(String mistake) {
    option.refuse(
        "hash_key \"%s\": %s".formatted(option.policy().getHashKey(), mistake),
        Policy.HASH_KEY_FIELD_NUMBER);
  }
}
