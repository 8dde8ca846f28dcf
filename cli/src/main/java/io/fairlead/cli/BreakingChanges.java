package io.fairlead.cli;

import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Collects the changes that somebody wants to hear of. */
final class BreakingChanges {
  private final Predicate<BreakingChange> wanted;
  private final List<BreakingChange> found = new ArrayList<>();

  BreakingChanges(Predicate<BreakingChange> wanted) {
    this.wanted = wanted;
  }

  /** Adds a change at a place in the new contract; without one at the beginning of the file. */
  void add(BreakingRule rule, FileDescriptor file, @Nullable Location place, String text) {
    int line = place == null ? 1 : place.getSpan(0) + 1;
    int column = place == null ? 1 : place.getSpan(1) + 1;
    add(rule, file.getFullName(), line, column, text);
  }

  /** Adds a change of a file that is no longer there. */
  void addGone(BreakingRule rule, FileDescriptor file, String text) {
    add(rule, file.getFullName(), 1, 1, text);
  }

  private void add(BreakingRule rule, String file, int line, int column, String text) {
    BreakingChange change = new BreakingChange(file, line, column, rule, text);
    if (wanted.test(change)) {
      found.add(change);
    }
  }

  List<BreakingChange> sorted() {
    return found.stream().sorted(BreakingChange.ORDER).toList();
  }
}
