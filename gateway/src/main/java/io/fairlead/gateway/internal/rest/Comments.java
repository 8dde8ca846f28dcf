package io.fairlead.gateway.internal.rest;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The comments of contracts, as far as their descriptors have them: generated classes do not, a
 * descriptor set has them if protoc was told to include them. For one thread.
 */
public final class Comments {
  private final Map<FileDescriptor, Map<List<Integer>, String>> files = new HashMap<>();

  Comments() {}

  /** Returns the comment of a service, a method, a type or a field; empty without one. */
  String of(GenericDescriptor element) {
    return files.computeIfAbsent(element.getFile(), Comments::read).getOrDefault(path(element), "");
  }

  /** Returns the comment of one element, without reading those of the rest of its file. */
  public static String find(GenericDescriptor element) {
    List<Integer> path = path(element);
    return element.getFile().toProto().getSourceCodeInfo().getLocationList().stream()
        .filter(location -> location.getPathList().equals(path))
        .map(Comments::text)
        .filter(text -> !text.isEmpty())
        .findFirst()
        .orElse("");
  }

  /** Returns the first sentence of a comment, for a heading. */
  static String summary(String comment) {
    String line = comment.replaceAll("\\s+", " ");
    int end = line.indexOf(". ");
    return end < 0 ? line : line.substring(0, end + 1);
  }

  /** Returns where an element is in its file, as {@code SourceCodeInfo} counts. */
  private static List<Integer> path(GenericDescriptor element) {
    if (element instanceof MethodDescriptor method) {
      return path(
          method.getService(), ServiceDescriptorProto.METHOD_FIELD_NUMBER, method.getIndex());
    }
    if (element instanceof FieldDescriptor field) {
      return path(field.getContainingType(), DescriptorProto.FIELD_FIELD_NUMBER, field.getIndex());
    }
    if (element instanceof ServiceDescriptor service) {
      return List.of(FileDescriptorProto.SERVICE_FIELD_NUMBER, service.getIndex());
    }
    if (element instanceof Descriptor message) {
      Descriptor outer = message.getContainingType();
      return outer == null
          ? List.of(FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, message.getIndex())
          : path(outer, DescriptorProto.NESTED_TYPE_FIELD_NUMBER, message.getIndex());
    }
    if (element instanceof EnumDescriptor type) {
      Descriptor outer = type.getContainingType();
      return outer == null
          ? List.of(FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER, type.getIndex())
          : path(outer, DescriptorProto.ENUM_TYPE_FIELD_NUMBER, type.getIndex());
    }
    throw new IllegalArgumentException("comments of " + element.getFullName() + " are not read");
  }

  private static List<Integer> path(GenericDescriptor outer, int kind, int index) {
    List<Integer> path = new ArrayList<>(path(outer));
    path.add(kind);
    path.add(index);
    return path;
  }

  private static Map<List<Integer>, String> read(FileDescriptor file) {
    Map<List<Integer>, String> comments = new HashMap<>();
    for (Location location : file.toProto().getSourceCodeInfo().getLocationList()) {
      String text = text(location);
      if (!text.isEmpty()) {
        comments.put(List.copyOf(location.getPathList()), text);
      }
    }
    return comments;
  }

  /** Returns what stands above an element, or else behind it. */
  private static String text(Location location) {
    String text =
        location.getLeadingComments().isEmpty()
            ? location.getTrailingComments()
            : location.getLeadingComments();
    return text.lines().map(String::strip).collect(Collectors.joining("\n")).strip();
  }
}
