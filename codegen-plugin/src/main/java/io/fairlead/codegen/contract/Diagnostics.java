package io.fairlead.codegen.contract;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Collects every mistake of a contract, so that one run shows them all. */
public final class Diagnostics {
  private final boolean java;
  private final Set<String> lines = new LinkedHashSet<>();
  private final Set<String> warnings = new LinkedHashSet<>();

  /**
   * Starts with none.
   *
   * @param java whether Java is written; if not, what only Java cannot do is no mistake
   */
  public Diagnostics(boolean java) {
    this.java = java;
  }

  /** Notes one mistake. The message says what is wrong, and what to write instead. */
  void add(SourceLocation location, String message) {
    add(location.toString(), message);
  }

  /** The same, for a place that was found earlier. */
  public void add(String place, String message) {
    String line = Printable.of(place + ": " + message);
    lines.add(line);
  }

  /** Notes what only Java cannot do. */
  void addForJava(SourceLocation location, String message) {
    if (java) {
      add(location, message);
    }
  }

  /** What matters to Java only: nothing if none is written. */
  <T> Optional<T> forJava(Optional<T> obstacle) {
    return java ? obstacle : Optional.empty();
  }

  /** Notes what works in Java here and may fail elsewhere. */
  void warnForJava(SourceLocation location, String message) {
    if (java) {
      warn(location, message);
    }
  }

  /** Notes what works here and may fail elsewhere. */
  void warn(SourceLocation location, String message) {
    warn(location.toString(), message);
  }

  /** The same, for a place that was found earlier. */
  public void warn(String place, String message) {
    warnings.add(Printable.of(place + ": warning: " + message));
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
