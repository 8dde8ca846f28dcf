package io.fairlead.gateway.internal.rest;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The comments of contracts, as far as their descriptors have them: generated classes do not, a
 * descriptor set has them if protoc was told to include them. For one thread.
 */
final class Comments {
  private final Map<FileDescriptor, Map<List<Integer>, String>> files = new HashMap<>();

  /** Returns a comment; empty without one. */
  String of(MethodDescriptor method) {
    List<Integer> path = path(method.getService());
    path.add(ServiceDescriptorProto.METHOD_FIELD_NUMBER);
    path.add(method.getIndex());
    return of(method.getFile(), path);
  }

  String of(ServiceDescriptor service) {
    return of(service.getFile(), path(service));
  }

  String of(Descriptor message) {
    return of(message.getFile(), path(message));
  }

  String of(FieldDescriptor field) {
    List<Integer> path = path(field.getContainingType());
    path.add(DescriptorProto.FIELD_FIELD_NUMBER);
    path.add(field.getIndex());
    return of(field.getFile(), path);
  }

  String of(EnumDescriptor type) {
    List<Integer> path = new ArrayList<>();
    if (type.getContainingType() == null) {
      path.add(FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER);
    } else {
      path.addAll(path(type.getContainingType()));
      path.add(DescriptorProto.ENUM_TYPE_FIELD_NUMBER);
    }
    path.add(type.getIndex());
    return of(type.getFile(), path);
  }

  /** Returns the first sentence of a comment, for a heading. */
  static String summary(String comment) {
    String line = comment.replaceAll("\\s+", " ");
    int end = line.indexOf(". ");
    return end < 0 ? line : line.substring(0, end + 1);
  }

  private static List<Integer> path(ServiceDescriptor service) {
    return new ArrayList<>(List.of(FileDescriptorProto.SERVICE_FIELD_NUMBER, service.getIndex()));
  }

  private static List<Integer> path(Descriptor message) {
    List<Integer> path = new ArrayList<>();
    Descriptor outer = message.getContainingType();
    if (outer == null) {
      path.add(FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER);
    } else {
      path.addAll(path(outer));
      path.add(DescriptorProto.NESTED_TYPE_FIELD_NUMBER);
    }
    path.add(message.getIndex());
    return path;
  }

  private String of(FileDescriptor file, List<Integer> path) {
    return files.computeIfAbsent(file, Comments::read).getOrDefault(path, "");
  }

  private static Map<List<Integer>, String> read(FileDescriptor file) {
    Map<List<Integer>, String> comments = new HashMap<>();
    for (Location location : file.toProto().getSourceCodeInfo().getLocationList()) {
      String text =
          location.getLeadingComments().isEmpty()
              ? location.getTrailingComments()
              : location.getLeadingComments();
      if (!text.isBlank()) {
        comments.put(
            List.copyOf(location.getPathList()),
            text.lines().map(String::strip).reduce((a, b) -> a + "\n" + b).orElse("").strip());
      }
    }
    return comments;
  }
}
