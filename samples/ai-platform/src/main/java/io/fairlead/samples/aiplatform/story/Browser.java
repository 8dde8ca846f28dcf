package io.fairlead.samples.aiplatform.story;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A Chromium without a window, which does what a person would; driven by its DevTools protocol. */
final class Browser implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  private final Process process;
  private final WebSocket page;
  private final Answers answers;
  private final AtomicInteger ids = new AtomicInteger();

  private Browser(Process process, WebSocket page, Answers answers) {
    this.process = process;
    this.page = page;
    this.answers = answers;
  }

  /** Returns the program, if it is on the path. */
  static Optional<Path> find(String path) {
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, "chromium"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Opens a page.
   *
   * @param folder what the browser keeps, it keeps there; must be new
   * @param pin the SHA-256 of the key of a server whose authority it does not know; may be empty
   */
  static Browser open(Path program, Path folder, URI url, String pin)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--headless",
                // CI runs as root and in containers, where Chromium's own sandbox cannot be made.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--window-size=760,900",
                "--remote-debugging-port=0",
                "--user-data-dir=" + folder));
    if (!pin.isEmpty()) {
      command.add("--ignore-certificate-errors-spki-list=" + pin);
    }
    command.add("about:blank");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("browser.log").toFile())
            .start();
    try {
      int port = port(folder.resolve("DevToolsActivePort"), process);
      HttpClient http = HttpClient.newHttpClient();
      URI fresh = URI.create("http://127.0.0.1:" + port + "/json/new?about:blank");
      String tab =
          http.send(
                  HttpRequest.newBuilder(fresh).PUT(BodyPublishers.noBody()).build(),
                  BodyHandlers.ofString())
              .body();
      String socket =
          JsonParser.parseString(tab).getAsJsonObject().get("webSocketDebuggerUrl").getAsString();
      Answers answers = new Answers();
      WebSocket page = await(http.newWebSocketBuilder().buildAsync(URI.create(socket), answers));
      Browser browser = new Browser(process, page, answers);
      JsonObject where = new JsonObject();
      where.addProperty("url", url.toString());
      JsonObject unused = browser.command("Page.navigate", where);
      browser.awaitTrue("document.readyState === 'complete' && location.href !== 'about:blank'");
      return browser;
    } catch (IOException | InterruptedException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** The browser writes its port to a file, once it listens. */
  private static int port(Path file, Process process) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < end && process.isAlive()) {
      if (Files.exists(file)) {
        List<String> lines = Files.readAllLines(file);
        if (lines.size() >= 2) {
          return Integer.parseInt(lines.get(0));
        }
      }
      Thread.sleep(20);
    }
    throw new IOException("the browser does not listen; its log is in " + file.getParent());
  }

  /** The answers of the page, by the number of the question; they come in parts. */
  private static final class Answers implements WebSocket.Listener {
    private final Map<Integer, CompletableFuture<JsonObject>> open = new ConcurrentHashMap<>();

    /** Used by one thread at a time, as the socket promises. */
    private final StringBuilder parts = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
      parts.append(text);
      if (last) {
        JsonObject message = JsonParser.parseString(parts.toString()).getAsJsonObject();
        parts.setLength(0);
        if (message.has("id")) {
          CompletableFuture<JsonObject> waiting = open.remove(message.get("id").getAsInt());
          if (waiting != null) {
            waiting.complete(message);
          }
        }
      }
      socket.request(1);
      return null;
    }
  }

  private JsonObject command(String method, JsonObject parameters) throws InterruptedException {
    int id = ids.incrementAndGet();
    JsonObject message = new JsonObject();
    message.addProperty("id", id);
    message.addProperty("method", method);
    message.add("params", parameters);
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    answers.open.put(id, answer);
    WebSocket unused = await(page.sendText(message.toString(), true));
    JsonObject result = await(answer);
    if (result.has("error")) {
      throw new IllegalStateException(method + " failed: " + result.get("error"));
    }
    return result.getAsJsonObject("result");
  }

  private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the browser does not answer", e);
    }
  }

  /** Returns what an expression of JavaScript gives, as a text. */
  String evaluate(String expression) throws InterruptedException {
    JsonObject parameters = new JsonObject();
    parameters.addProperty("expression", "String(" + expression + ")");
    JsonObject evaluated = command("Runtime.evaluate", parameters);
    if (evaluated.has("exceptionDetails")) {
      throw new IllegalStateException(
          expression + " failed on the page: " + evaluated.get("exceptionDetails"));
    }
    return evaluated.getAsJsonObject("result").get("value").getAsString();
  }

  /** Waits until an expression is true. */
  void awaitTrue(String expression) throws InterruptedException {
    String unused = awaitText("(" + expression + ") ? 'true' : ''");
  }

  /** Waits until an expression is a text that is not empty, and returns that. */
  String awaitText(String expression) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      String text = evaluate(expression);
      if (!text.isEmpty()) {
        return text;
      }
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "waited " + PATIENCE_SECONDS + " s in vain for this on the page: " + expression);
      }
      Thread.sleep(20);
    }
  }

  /** Returns the middle of an element, and half of its size. */
  private double[] place(String id) throws InterruptedException {
    String found =
        evaluate(
            "(() => { const element = document.getElementById('"
                + id
                + "'); element.scrollIntoView({block: 'nearest'});"
                + " const r = element.getBoundingClientRect();"
                + " return [r.x + r.width / 2, r.y + r.height / 2, r.width / 2, r.height / 2]; })()");
    return Arrays.stream(found.split(",", -1)).mapToDouble(Double::parseDouble).toArray();
  }

  void click(String id) throws InterruptedException {
    double[] place = place(id);
    mouse("mousePressed", place[0], place[1]);
    mouse("mouseReleased", place[0], place[1]);
  }

  /** Draws an ellipse on an element. */
  void ellipse(String id, double wide, double high) throws InterruptedException {
    double[] place = place(id);
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
    JsonObject parameters = new JsonObject();
    parameters.addProperty("type", type);
    parameters.addProperty("x", x);
    parameters.addProperty("y", y);
    parameters.addProperty("button", "left");
    parameters.addProperty("buttons", type.equals("mouseReleased") ? 0 : 1);
    parameters.addProperty("clickCount", 1);
    JsonObject unused = command("Input.dispatchMouseEvent", parameters);
  }

  /** Chooses a file, as a person does in the dialog of an input. */
  void choose(String id, Path file) throws InterruptedException {
    JsonObject find = new JsonObject();
    find.addProperty("expression", "document.getElementById('" + id + "')");
    JsonObject found = command("Runtime.evaluate", find).getAsJsonObject("result");
    JsonArray files = new JsonArray();
    files.add(file.toString());
    JsonObject parameters = new JsonObject();
    parameters.add("objectId", found.get("objectId"));
    parameters.add("files", files);
    JsonObject unused = command("DOM.setFileInputFiles", parameters);
  }

  /** Keeps what the page looks like, as a PNG. */
  void picture(Path file) throws IOException, InterruptedException {
    // What has just changed is drawn with the next frame.
    JsonObject drawn = new JsonObject();
    drawn.addProperty(
        "expression",
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    drawn.addProperty("awaitPromise", true);
    JsonObject unused = command("Runtime.evaluate", drawn);
    JsonObject shot = command("Page.captureScreenshot", new JsonObject());
    Files.write(file, Base64.getDecoder().decode(shot.get("data").getAsString()));
  }

  @Override
  public void close() {
    page.abort();
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
  }
}
