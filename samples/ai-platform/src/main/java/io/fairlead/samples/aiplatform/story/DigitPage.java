package io.fairlead.samples.aiplatform.story;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.testkit.Browser;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** The page of the gateway in a real Chromium, as a person uses it. */
final class DigitPage implements AutoCloseable {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 1280;

  private final Browser browser;

  private DigitPage(Browser browser) {
    this.browser = browser;
  }

  /**
   * Opens it.
   *
   * @param folder for the files of the browser
   * @param pin the SHA-256 of the key of a server whose authority it does not know; may be empty
   */
  static DigitPage open(Path folder, URI url, String pin) throws IOException, InterruptedException {
    String[] arguments =
        pin.isEmpty()
            ? new String[0]
            : new String[] {"--ignore-certificate-errors-spki-list=" + pin};
    Browser browser = Browser.start(Files.createDirectories(folder), arguments);
    JsonObject unused =
        browser.command(
            "Emulation.setDeviceMetricsOverride",
            Map.of("width", WIDTH, "height", HEIGHT, "deviceScaleFactor", 1, "mobile", false));
    browser.open(url);
    browser.await("document.readyState === 'complete' && document.getElementById('pad')");
    return new DigitPage(browser);
  }

  void click(String id) throws InterruptedException {
    browser.click("#" + id);
  }

  String evaluate(String expression) throws InterruptedException {
    return browser.evaluate(expression);
  }

  /**
   * Waits until an element has got all of its new content.
   *
   * <p>The page says in {@code aria-busy} whether it has. That is taken away in the same step in
   * which it is seen, so that no content is taken for the next one.
   */
  void awaitDone(String id) throws InterruptedException {
    browser.await(
        "(() => { const element = document.getElementById('"
            + id
            + "'); const done = element.getAttribute('aria-busy') === 'false';"
            + " if (done) { element.removeAttribute('aria-busy'); } return done; })()");
  }

  String text(String id) throws InterruptedException {
    return browser.evaluate("document.getElementById('" + id + "').textContent");
  }

  /** Draws an ellipse on an element, as a person does with a mouse. */
  void ellipse(String id, double wide, double high) throws InterruptedException {
    String found =
        browser.evaluate(
            "(() => { const element = document.getElementById('"
                + id
                + "'); element.scrollIntoView({block: 'nearest'});"
                + " const r = element.getBoundingClientRect();"
                + " return [r.x + r.width / 2, r.y + r.height / 2, r.width / 2, r.height / 2].join();"
                + " })()");
    double[] place = Arrays.stream(found.split(",", -1)).mapToDouble(Double::parseDouble).toArray();
    int steps = 40;
    for (int step = 0; step <= steps; step++) {
      double turn = 2 * Math.PI * step / steps;
      double x = place[0] + wide * place[2] * Math.sin(turn);
      double y = place[1] - high * place[3] * Math.cos(turn);
      mouse(step == 0 ? "mousePressed" : "mouseMoved", x, y);
    }
    mouse("mouseReleased", place[0], place[1] - high * place[3]);
  }

  private void mouse(String type, double x, double y) throws InterruptedException {
    JsonObject unused =
        browser.command(
            "Input.dispatchMouseEvent",
            Map.of(
                "type",
                type,
                "x",
                x,
                "y",
                y,
                "button",
                "left",
                "buttons",
                type.equals("mouseReleased") ? 0 : 1,
                "clickCount",
                1));
  }

  /** Chooses a file, as a person does in the dialog of an input. */
  void choose(String id, Path file) throws InterruptedException {
    JsonObject found =
        browser
            .command(
                "Runtime.evaluate", Map.of("expression", "document.getElementById('" + id + "')"))
            .getAsJsonObject("result");
    JsonArray files = new JsonArray();
    files.add(file.toString());
    JsonObject unused =
        browser.command(
            "DOM.setFileInputFiles", Map.of("objectId", found.get("objectId"), "files", files));
  }

  /** Keeps what the page looks like, as a PNG. */
  void picture(Path file) throws IOException, InterruptedException {
    browser.picture(file);
  }

  @Override
  public void close() {
    browser.close();
  }
}
