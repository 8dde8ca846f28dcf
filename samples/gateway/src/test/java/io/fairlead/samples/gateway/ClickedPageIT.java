package io.fairlead.samples.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ToolAssumption;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of the sample in Chromium: its button is clicked, by the protocol of DevTools. */
class ClickedPageIT {
  private static final Pattern OPEN = Pattern.compile("open (http://\\S+) in a browser");
  private static final Pattern LISTENING = Pattern.compile("listening on ws://([^/]+)/");
  private static final Pattern SOCKET = Pattern.compile("\"webSocketDebuggerUrl\": *\"([^\"]+)\"");

  private final HttpClient http = HttpClient.newHttpClient();
  private final BlockingQueue<String> pages = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private Thread sample = new Thread(() -> {});
  private int asked;

  @TempDir Path folder;

  @BeforeEach
  void start() {
    if (!Files.isExecutable(Path.of("/usr/bin/chromium"))) {
      throw ToolAssumption.skip("chromium", "apt-get install chromium");
    }
    sample =
        new Thread(
            () -> {
              try {
                new GatewaySample(new PrintStream(new Lines(), true, StandardCharsets.UTF_8))
                    .play(0, true);
              } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
              } catch (Exception e) {
                pages.add("failed: " + e);
              }
            });
    sample.start();
  }

  /** Takes the line that says where the page is. */
  private final class Lines extends OutputStream {
    private final StringBuilder line = new StringBuilder();

    @Override
    public void write(int b) {
      line.append((char) b);
      Matcher open = OPEN.matcher(line);
      if (open.find()) {
        pages.add(open.group(1));
        line.setLength(0);
      }
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    sample.interrupt();
    sample.join(20_000);
    assertThat(sample.isAlive()).isFalse();
  }

  @Test
  void aClickOnThePageFindsABookAndSaysWhereThereIsNone() throws Exception {
    String url = pages.poll(60, TimeUnit.SECONDS);
    assertThat(url).startsWith("http://");
    Process chromium =
        new ProcessBuilder(
                "/usr/bin/chromium",
                "--headless=new",
                // CI runs as root and in containers, where Chromium's own sandbox cannot be made.
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--remote-debugging-port=0",
                "--user-data-dir=" + folder.resolve("profile"),
                "about:blank")
            .redirectErrorStream(true)
            .start();
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(chromium.getInputStream(), StandardCharsets.UTF_8))) {
      WebSocket page = open("http://" + address(said), url);
      assertThat(click(page, "9780142437247")).contains("Moby-Dick");
      assertThat(click(page, "1")).contains("there is no book 1; try 9780142437247");
      page.abort();
    } finally {
      chromium.destroy();
      chromium.waitFor(20, TimeUnit.SECONDS);
    }
  }

  private static String address(BufferedReader said) throws IOException {
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        return listening.group(1);
      }
    }
    throw new IOException("Chromium ended without a port");
  }

  private WebSocket open(String devTools, String url) throws Exception {
    String target =
        http.send(
                HttpRequest.newBuilder(URI.create(devTools + "/json/new?" + url))
                    .PUT(BodyPublishers.noBody())
                    .build(),
                BodyHandlers.ofString())
            .body();
    Matcher socket = SOCKET.matcher(target);
    assertThat(socket.find()).as(target).isTrue();
    return http.newWebSocketBuilder()
        .buildAsync(URI.create(socket.group(1)), new Answers())
        .get(20, TimeUnit.SECONDS);
  }

  private final class Answers implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        answers.add(text.toString());
        text.setLength(0);
      }
      return WebSocket.Listener.super.onText(socket, data, last);
    }
  }

  /** Types a number, clicks, and returns what the page says then. */
  private String click(WebSocket page, String isbn) throws Exception {
    String script =
        "new Promise(done => {"
            + "document.getElementById('isbn').value = '"
            + isbn
            + "'; const answer = document.getElementById('answer');"
            + "new MutationObserver(() => done('said ' + answer.textContent))"
            + ".observe(answer, {childList: true});"
            + "document.getElementById('find').click(); })";
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    String answer = "";
    // Until the page is loaded there is no button, and what was asked of the page before it is
    // lost.
    while (!answer.contains("said ")) {
      assertThat(System.nanoTime()).as(answer).isLessThan(end);
      page.sendText(
              "{\"id\":"
                  + ++asked
                  + ",\"method\":\"Runtime.evaluate\",\"params\":{\"awaitPromise\":true,"
                  + "\"expression\":\""
                  + script
                  + "\"}}",
              true)
          .get(20, TimeUnit.SECONDS);
      String mine = "\"id\":" + asked + ",";
      String next = answers.poll(20, TimeUnit.SECONDS);
      // An answer to an earlier question may come late, and one may not come at all.
      answer = next != null && next.contains(mine) ? next : "";
    }
    return answer;
  }
}
