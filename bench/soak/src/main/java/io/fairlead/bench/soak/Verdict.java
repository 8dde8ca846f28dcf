package io.fairlead.bench.soak;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * The figures of a run, and whether they are as they must be.
 *
 * @param stuck callers that did not end
 * @param leaks threads, sockets and buffers that are left, for people; empty if none are
 */
record Verdict(
    Plan plan,
    Tally tally,
    Fleet fleet,
    List<String> stuck,
    String leaks,
    long heapWarm,
    long heapEnd) {
  /** What may come and go without being a leak. */
  private static final long HEAP_NOISE = 6 << 20;

  boolean ok() {
    return tally.unanswered() == 0
        && tally.answeredAgain() == 0
        && tally.wrongOnes() == 0
        && fleet.permitsLeft() == 0
        && fleet.handlersLeft() == 0
        && fleet.leftovers().isEmpty()
        && stuck.isEmpty()
        && leaks.isEmpty()
        && heapIsFlat();
  }

  private boolean heapIsFlat() {
    return heapWarm > 0 && heapEnd <= heapWarm + HEAP_NOISE;
  }

  void print(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "soak of %d s: %d callers, seed %d, 3 servers, %d restarts, %d of them cut their calls%n",
        plan.length().toSeconds(),
        plan.callers(),
        plan.seed(),
        fleet.restarts(),
        fleet.cuts());
    line(out, "calls started", tally.started());
    tally.codes().forEach((code, count) -> line(out, "  ended " + code, count));
    line(out, "never answered", tally.unanswered());
    line(out, "answered twice", tally.answeredAgain());
    line(out, "wrong answers", tally.wrongOnes());
    line(out, "permits left", fleet.permitsLeft());
    line(out, "handlers left", fleet.handlersLeft());
    out.printf("%-28s %s%n", "threads, sockets, buffers", leaks.isEmpty() ? "none left" : leaks);
    out.printf(
        Locale.ROOT,
        "%-28s %.1f MB, at the end %.1f MB%n",
        "heap when warm",
        heapWarm / 1e6,
        heapEnd / 1e6);
    tally.faults().forEach(fault -> out.println("WRONG: " + fault));
    fleet.leftovers().forEach(left -> out.println("WRONG: a server " + left));
    stuck.forEach(caller -> out.println("WRONG: " + caller));
    if (!heapIsFlat()) {
      out.println("WRONG: the heap grows");
    }
    out.println(ok() ? "OK" : "NOT OK");
  }

  private static void line(PrintStream out, String what, long figure) {
    out.printf(Locale.ROOT, "%-28s %,d%n", what, figure);
  }
}
