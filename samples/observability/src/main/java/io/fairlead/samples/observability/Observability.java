package io.fairlead.samples.observability;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A fleet with a fault, and the way from an alert to the line of code that is to blame. */
final class Observability {
  private final PrintStream out;

  Observability(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    List<String> options = List.of(args);
    int pictures = options.indexOf("--pictures");
    Path folder = pictures < 0 ? null : Path.of(options.get(pictures + 1));
    new Observability(System.out).play(options.contains("--stay"), folder);
  }

  /**
   * Plays it.
   *
   * @param stay whether to go on calling, with metrics on the ports 9990 to 9992
   * @param pictures where to draw them; null for nowhere
   */
  void play(boolean stay, @Nullable Path pictures) throws InterruptedException, IOException {
    try (Fleet fleet = new Fleet(stay ? 9990 : 0)) {
      fleet.call();
      new Walk(fleet, out).go();
      if (pictures != null) {
        new Pictures(fleet).draw(pictures);
      }
      if (stay) {
        fleet
            .instances()
            .forEach(each -> out.println("more of " + each.name() + " on " + each.pages()));
        out.println("stop with Ctrl-C");
        while (true) {
          Thread.sleep(100);
          fleet.call();
        }
      }
    }
  }
}
