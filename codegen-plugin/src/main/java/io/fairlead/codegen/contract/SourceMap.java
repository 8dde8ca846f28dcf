package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds places and comments of a file's services, options and extensions by their paths in the
 * descriptor.
 */
final class SourceMap {
  private final String file;
  private final Map<List<Integer>, Location> kept = new LinkedHashMap<>();

  SourceMap(FileDescriptorProto file) {
    this.file = file.getName();
    for (Location location : file.getSourceCodeInfo().getLocationList()) {
      if (location.getPathCount() > 1
          && (location.getPath(0) == FileDescriptorProto.SERVICE_FIELD_NUMBER
              || location.getPath(0) == FileDescriptorProto.OPTIONS_FIELD_NUMBER
              || location.getPath(0) == FileDescriptorProto.EXTENSION_FIELD_NUMBER)) {
        kept.putIfAbsent(List.copyOf(location.getPathList()), location);
      }
    }
  }

  /** The place of the path, or of the nearest thing around it that has one. */
  SourceLocation location(List<Integer> path) {
    List<Integer> rest = new ArrayList<>(path);
    while (!rest.isEmpty()) {
      Location location = nearest(rest);
      if (location != null && location.getSpanCount() > 1) {
        return new SourceLocation(file, location.getSpan(0) + 1, location.getSpan(1) + 1);
      }
      rest.remove(rest.size() - 1);
    }
    return new SourceLocation(file, 0, 0);
  }

  /**
   * What stands at the path, else the first thing inside it, as for a block that is set field by
   * field.
   */
  private @Nullable Location nearest(List<Integer> path) {
    Location exact = kept.get(path);
    if (exact != null) {
      return exact;
    }
    for (Map.Entry<List<Integer>, Location> entry : kept.entrySet()) {
      List<Integer> inner = entry.getKey();
      if (inner.size() > path.size() && inner.subList(0, path.size()).equals(path)) {
        return entry.getValue();
      }
    }
    return null;
  }

  /** The comment before the thing, else the one after it. */
  String comment(List<Integer> path) {
    Location location = kept.get(path);
    if (location == null) {
      return "";
    }
    return location.getLeadingComments().isBlank()
        ? location.getTrailingComments()
        : location.getLeadingComments();
  }
}
