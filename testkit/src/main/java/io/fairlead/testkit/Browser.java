package io.fairlead.testkit;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Chromium without a window, driven by its DevTools protocol; it notes what the page complains
 * of. It needs Gson, which the test kit does not bring. Used by one thread.
 */
public final class Browser implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/bin/chromium");
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final Path profile;
  private final WebSocket page;
  private final Messages messages;
  private final AtomicInteger ids = new AtomicInteger();

  private Browser(Process process, Path profile, WebSocket page, Messages messages) {
    this.process = process;
    this.profile = profile;
    this.page = page;
    this.messages = messages;
  }

  /** Returns whether Chromium is where Debian and Ubuntu install it. */
  public static boolean isInstalled() {
    return Files.isExecutable(PROGRAM);
  }

  /**
   * Starts one that keeps its files in this folder. Its profile is deleted when it is closed, and
   * its log stays. A test that has no Chromium is skipped, or fails where the environment has
   * {@code FAIRLEAD_REQUIRE=all}.
   *
   * @param arguments more of those that Chromium takes
   */
  public static Browser start(Path folder, String... arguments)
      throws IOException, InterruptedException {
    if (!isInstalled()) {
      throw ToolAssumption.skip("chromium", "apt-get install chromium");
    }
    Path profile = folder.resolve("profile");
    List<String> command =
        new ArrayList<>(
            List.of(
                PROGRAM.toString(),
                "--headless=new",
                // CI runs as root and in containers, where Chromium's own sandbox cannot be made.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--hide-scrollbars",
                "--window-size=1360,900",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile));
    Collections.addAll(command, arguments);
    command.add("about:blank");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("browser.log").toFile())
            .start();
    try {
      Path port = profile.resolve("DevToolsActivePort");
      Await.until("Chromium listens", () -> !process.isAlive() || lines(port).size() >= 2);
      HttpClient http = HttpClient.newHttpClient();
      URI fresh = URI.create("http://127.0.0.1:" + lines(port).get(0) + "/json/new?about:blank");
      String tab =
          http.send(
                  HttpRequest.newBuilder(fresh).PUT(BodyPublishers.noBody()).build(),
                  BodyHandlers.ofString())
              .body();
      String socket =
          JsonParser.parseString(tab).getAsJsonObject().get("webSocketDebuggerUrl").getAsString();
      Messages messages = new Messages();
      WebSocket page = await(http.newWebSocketBuilder().buildAsync(URI.create(socket), messages));
      Browser browser = new Browser(process, profile, page, messages);
      for (String domain : List.of("Page", "Runtime", "Log")) {
        browser.command(domain + ".enable", Map.of());
      }
      return browser;
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** What the page sends: answers by the number of their question, and events. */
  private static final class Messages implements WebSocket.Listener {
    private final Map<Integer, CompletableFuture<JsonObject>> open = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    /** Used by one thread at a time, as the socket promises. */
    private final StringBuilder parts = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
      parts.append(text);
      if (last) {
        take(JsonParser.parseString(parts.toString()).getAsJsonObject());
        parts.setLength(0);
      }
      socket.request(1);
      return null;
    }

    private void take(JsonObject message) {
      if (message.has("id")) {
        CompletableFuture<JsonObject> waiting = open.remove(message.get("id").getAsInt());
        if (waiting != null) {
          waiting.complete(message);
        }
        return;
      }
      String event = message.get("method").getAsString();
      if (event.equals("Runtime.exceptionThrown")
          || (event.equals("Log.entryAdded")
              && message
                  .getAsJsonObject("params")
                  .getAsJsonObject("entry")
                  .get("level")
                  .getAsString()
                  .equals("error"))) {
        String complaint = message.get("params").toString();
        // A browser asks for it where no page says otherwise: of a script that is opened by itself.
        if (!complaint.contains("/favicon.ico")) {
          complaints.add(complaint);
        }
      }
    }
  }

  /** Sends a command of the protocol, such as {@code Page.reload}, and returns its result. */
  public JsonObject command(String method, Map<String, Object> parameters)
      throws InterruptedException {
    int id = ids.incrementAndGet();
    JsonObject message = new JsonObject();
    message.addProperty("id", id);
    message.addProperty("method", method);
    JsonObject params = new JsonObject();
    parameters.forEach((name, value) -> params.add(name, json(value)));
    message.add("params", params);
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    messages.open.put(id, answer);
    WebSocket unused = await(page.sendText(message.toString(), true));
    JsonObject result = await(answer);
    if (result.has("error")) {
      throw new IllegalStateException(method + " failed: " + result.get("error"));
    }
    return result.getAsJsonObject("result");
  }

  private static JsonElement json(Object value) {
    if (value instanceof JsonElement element) {
      return element;
    }
    if (value instanceof Number number) {
      return new JsonPrimitive(number);
    }
    return value instanceof Boolean flag
        ? new JsonPrimitive(flag)
        : new JsonPrimitive(value.toString());
  }

  private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the browser does not answer", e);
    }
  }

  /** Opens a page, and does not wait for it. */
  public void open(URI url) throws InterruptedException {
    command("Page.navigate", Map.of("url", url.toString()));
  }

  /** Returns what an expression gives, as a text; waits for a promise. */
  public String evaluate(String expression) throws InterruptedException {
    JsonObject answer =
        command("Runtime.evaluate", Map.of("expression", expression, "awaitPromise", true));
    if (answer.has("exceptionDetails")) {
      throw new IllegalStateException(expression + " failed: " + answer.get("exceptionDetails"));
    }
    JsonObject result = answer.getAsJsonObject("result");
    return result.has("value") ? result.get("value").getAsString() : "";
  }

  /** Returns what a person reads in the main part. */
  public String text() throws InterruptedException {
    return evaluate("document.getElementById('main')?.innerText ?? ''");
  }

  /** Waits until an expression is true. A page that is loading has not got everything yet. */
  public void await(String expression) throws InterruptedException {
    try {
      Await.until(expression, () -> isTrue(expression));
    } catch (AssertionError e) {
      String where = evaluate("location.href");
      throw new AssertionError(
          e.getMessage() + "; " + where + " has\n" + text() + "\nand complains of " + complaints(),
          e);
    }
  }

  private boolean isTrue(String expression) {
    try {
      return evaluate("String(Boolean(" + expression + "))").equals("true");
    } catch (IllegalStateException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Clicks where a person would, in the middle of the element, or of its first line. */
  public void click(String selector) throws InterruptedException {
    await("document.querySelector(" + quoted(selector) + ")");
    String at =
        evaluate(
            "(() => { const e = document.querySelector("
                + quoted(selector)
                + "); e.scrollIntoView({block: 'center'}); const r = e.getClientRects()[0];"
                + " return [r.x + r.width / 2, r.y + r.height / 2].join(); })()");
    double x = Double.parseDouble(at.substring(0, at.indexOf(',')));
    double y = Double.parseDouble(at.substring(at.indexOf(',') + 1));
    for (String type : List.of("mousePressed", "mouseReleased")) {
      command(
          "Input.dispatchMouseEvent",
          Map.of("type", type, "x", x, "y", y, "button", "left", "clickCount", 1));
    }
  }

  /** Types into an element. */
  public void type(String selector, String text) throws InterruptedException {
    click(selector);
    command("Input.insertText", Map.of("text", text));
  }

  /** Presses Tab or Enter. */
  public void press(String key) throws InterruptedException {
    boolean enter = key.equals("Enter");
    int code = enter ? 13 : 9;
    command(
        "Input.dispatchKeyEvent",
        enter
            ? Map.of("type", "keyDown", "key", key, "windowsVirtualKeyCode", code, "text", "\r")
            : Map.of("type", "rawKeyDown", "key", key, "windowsVirtualKeyCode", code));
    command(
        "Input.dispatchKeyEvent",
        Map.of("type", "keyUp", "key", key, "windowsVirtualKeyCode", code));
  }

  /** Returns a text as a literal of JavaScript. */
  public static String quoted(String text) {
    return new JsonPrimitive(text).toString();
  }

  /** Forgets what an earlier page has stored and complained of. */
  public void forget(URI origin) throws InterruptedException {
    open(origin);
    await("location.href === " + quoted(origin.toString()));
    evaluate("sessionStorage.clear(); localStorage.clear()");
    messages.complaints.clear();
  }

  /** Returns the exceptions of the page's scripts, and what its content security policy blocked. */
  public List<String> complaints() {
    return messages.complaints;
  }

  /** Keeps what the page looks like, as a PNG. */
  public void picture(Path file) throws IOException, InterruptedException {
    evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    JsonObject shot = command("Page.captureScreenshot", Map.of());
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, Base64.getDecoder().decode(shot.get("data").getAsString()));
  }

  @Override
  public void close() {
    page.abort();
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    Await.until("Chromium has ended", () -> !process.isAlive());
    Await.until("the profile of Chromium is deleted", () -> delete(profile));
  }

  /** Returns whether nothing is left; a process that ends may still have written something. */
  private static boolean delete(Path folder) {
    try (Stream<Path> found = Files.walk(folder)) {
      for (Path each : found.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }
}
