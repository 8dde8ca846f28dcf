package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds places and comments of a file's services by their paths in the descriptor. */
final class SourceMap {
  private final String file;
  private final Map<List<Integer>, Location> services = new HashMap<>();

  SourceMap(FileDescriptorProto file) {
    this.file = file.getName();
    for (Location location : file.getSourceCodeInfo().getLocationList()) {
      if (location.getPathCount() > 1
          && location.getPath(0) == FileDescriptorProto.SERVICE_FIELD_NUMBER) {
        services.putIfAbsent(List.copyOf(location.getPathList()), location);
      }
    }
  }

  /** The place of the path, or of the nearest thing around it that has one. */
  Place place(List<Integer> path) {
    List<Integer> rest = new ArrayList<>(path);
    while (!rest.isEmpty()) {
      Location location = services.get(rest);
      if (location != null && location.getSpanCount() > 1) {
        return new Place(file, location.getSpan(0) + 1, location.getSpan(1) + 1);
      }
      rest.remove(rest.size() - 1);
    }
    return new Place(file, 0, 0);
  }

  /** The comment before the thing, else the one after it. */
  String comment(List<Integer> path) {
    Location location = services.get(path);
    if (location == null) {
      return "";
    }
    return location.getLeadingComments().isBlank()
        ? location.getTrailingComments()
        : location.getLeadingComments();
  }
}
