package io.fairlead.codegen.contract;

import java.util.ArrayList;
import java.util.List;

/** Collects every mistake of a contract, so that one run shows them all. */
public final class Diagnostics {
  private final List<String> lines = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** Notes one mistake. The message says what is wrong, and what to write instead. */
  void add(SourceLocation location, String message) {
    add(location.toString(), message);
  }

  /** The same, for a place that was found earlier. */
  public void add(String place, String message) {
    String line = Printable.of(place + ": " + message);
    if (!lines.contains(line)) {
      lines.add(line);
    }
  }

  /** Notes what works here and may fail elsewhere. */
  void warn(SourceLocation location, String message) {
    warnings.add(Printable.of(location + ": warning: " + message));
  }

  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  public boolean isEmpty() {
    return lines.isEmpty();
  }

  /** What protoc prints after its own prefix: the mistakes begin on a line of their own. */
  public String report() {
    String count = lines.size() == 1 ? "1 mistake" : lines.size() + " mistakes";
    return count + " in the contract, no code written:\n" + String.join("\n", lines);
  }
}
