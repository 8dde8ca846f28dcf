package io.fairlead.samples.quickstart;

import java.io.PrintStream;
import java.util.List;

/** What the person sees: lines that stay, and below them a table that redraws in place. */
final class Screen {
  private static final int PLAIN_TABLE_EVERY = 5;

  private final PrintStream out;
  private final boolean plain;
  private int drawn;
  private int tables;

  Screen(PrintStream out, boolean plain) {
    this.out = out;
    this.plain = plain;
  }

  synchronized void line(String text) {
    erase();
    out.println(text);
    out.flush();
  }

  synchronized void table(List<String> rows) {
    if (plain && tables++ % PLAIN_TABLE_EVERY != 0) {
      return;
    }
    erase();
    rows.forEach(out::println);
    out.flush();
    drawn = plain ? 0 : rows.size();
  }

  /** Takes the table away: the cursor goes up to its first row, and all below is cleared. */
  private void erase() {
    if (drawn > 0) {
      out.print("\u001b[" + drawn + "A\u001b[J");
      drawn = 0;
    }
  }
}
