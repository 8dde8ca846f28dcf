package io.fairlead.gateway.internal.json;

import com.google.protobuf.FieldMask;

/**
 * The paths of the fields that a text has, as a field mask names them. A message stands for itself
 * only if the text has none of its fields. For one thread.
 */
final class ReadPaths {
  private final FieldMask.Builder mask;
  private final StringBuilder path = new StringBuilder();

  /** Whether a path was added since the last field began. */
  private boolean inner;

  ReadPaths(FieldMask.Builder mask) {
    this.mask = mask;
  }

  /** Begins a field; returns what {@link #leave} needs. */
  int enter(String name) {
    int outer = path.length();
    if (outer > 0) {
      path.append('.');
    }
    path.append(name);
    inner = false;
    return outer;
  }

  /** Ends a field. */
  void leave(int outer) {
    if (!inner) {
      mask.addPaths(path.toString());
      inner = true;
    }
    path.setLength(outer);
  }
}
