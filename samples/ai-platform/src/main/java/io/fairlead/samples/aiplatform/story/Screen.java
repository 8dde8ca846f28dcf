package io.fairlead.samples.aiplatform.story;

import java.io.PrintStream;
import java.util.Locale;

/** What a person sees: lines that stay, and below them one that shows what goes on. */
final class Screen {
  private final PrintStream out;
  private final boolean plain;
  private boolean drawn;
  private int failed;

  Screen(PrintStream out, boolean plain) {
    this.out = out;
    this.plain = plain;
  }

  synchronized void line(String format, Object... values) {
    erase();
    out.println(values.length == 0 ? format : String.format(Locale.ROOT, format, values));
    out.flush();
  }

  /** A figure and whether it holds. */
  void check(boolean holds, String format, Object... values) {
    if (!holds) {
      failed++;
    }
    line((holds ? "✓ " : "✗ ") + format, values);
  }

  int failed() {
    return failed;
  }

  /** Shows what goes on now; the next one takes its place. */
  synchronized void now(String format, Object... values) {
    if (!plain) {
      erase();
      out.print("  " + String.format(Locale.ROOT, format, values));
      out.flush();
      drawn = true;
    }
  }

  private void erase() {
    if (drawn) {
      out.print("\r\u001b[K");
      drawn = false;
    }
  }
}
