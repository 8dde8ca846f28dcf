package io.fairlead.samples.oncall;

import io.fairlead.testkit.Browser;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The console in a real Chromium, as a person reads and clicks it. */
final class Page implements AutoCloseable {
  private static final int WIDTH = 1100;
  private static final int HEIGHT = 760;

  /** A figure such as {@code 412 ms}, {@code 1.2 s} or {@code –}. */
  private static final List<Map.Entry<String, Double>> UNITS =
      List.of(
          Map.entry(" ms", 1.0),
          Map.entry(" µs", 1e-3),
          Map.entry(" s", 1e3),
          Map.entry("/s", 1.0));

  private final PrintStream out;
  private final Browser browser;
  private final String console;
  private final @Nullable Path pictures;

  /**
   * Opens it.
   *
   * @param folder for the files of the browser
   * @param pictures where to keep what it shows; null for nowhere
   */
  Page(PrintStream out, Path folder, URI console, String token, @Nullable Path pictures)
      throws IOException, InterruptedException {
    this.out = out;
    this.console = console.toString();
    this.pictures = pictures;
    this.browser = Browser.start(folder);
    browser.command(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", WIDTH, "height", HEIGHT, "deviceScaleFactor", 1, "mobile", false));
    browser.open(URI.create(this.console + "#token=" + token));
    awaitText("System");
  }

  /** Opens a view. */
  void open(String path) throws InterruptedException {
    out.println("   page /console" + path);
    browser.open(URI.create(console + path));
    browser.await("document.querySelector('main h1')");
  }

  void await(String expression) throws InterruptedException {
    browser.await(expression);
  }

  void awaitText(String text) throws InterruptedException {
    browser.await(
        "document.getElementById('main').innerText.includes(" + Browser.quoted(text) + ")");
  }

  /** Returns what a table of the view says, or nothing if there is no such row yet. */
  String cell(String row, String column) throws InterruptedException {
    return browser.evaluate(
        "(() => { for (const table of document.querySelectorAll('main table')) {"
            + " const at = [...table.querySelectorAll('thead th')].map(e => e.textContent.trim()).indexOf("
            + Browser.quoted(column)
            + "); if (at < 0) continue;"
            + " for (const line of table.querySelectorAll('tbody tr'))"
            + " if (line.children[0].textContent.trim() === "
            + Browser.quoted(row)
            + ") return line.children[at].textContent.trim(); } return ''; })()");
  }

  /** Returns a figure of a table; times are in milliseconds, and what is not there yet is 0. */
  double figure(String row, String column) throws InterruptedException {
    String cell = cell(row, column);
    for (Map.Entry<String, Double> unit : UNITS) {
      if (cell.endsWith(unit.getKey())) {
        return Double.parseDouble(cell.substring(0, cell.length() - unit.getKey().length()))
            * unit.getValue();
      }
    }
    return 0;
  }

  String evaluate(String expression) throws InterruptedException {
    return browser.evaluate(expression);
  }

  void click(String selector) throws InterruptedException {
    browser.click(selector);
  }

  void type(String selector, String text) throws InterruptedException {
    browser.type(selector, text);
  }

  String text() throws InterruptedException {
    return browser.text();
  }

  /** Keeps what the page shows. */
  void picture(String name) throws IOException, InterruptedException {
    if (pictures != null) {
      browser.picture(pictures.resolve(name + ".png"));
    }
  }

  List<String> complaints() {
    return browser.complaints();
  }

  @Override
  public void close() {
    browser.close();
  }
}
