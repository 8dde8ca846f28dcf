package io.fairlead.bench;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Unary calls by h2load (Debian's nghttp2-client): a client that favours no framework. */
final class H2Load {
  private static final Pattern FINISHED = Pattern.compile("finished in ([0-9.]+)(us|ms|s),");
  private static final Pattern REQUESTS =
      Pattern.compile("requests: .* (\\d+) succeeded, (\\d+) failed");
  private static final Pattern DATA = Pattern.compile("\\((\\d+)\\) data");

  private H2Load() {}

  /** Found out before anything is measured. */
  static void require(Load load) {
    boolean found =
        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "h2load")));
    if (!found) {
      throw new IllegalArgumentException(
          load
              + " needs h2load on the PATH (Debian: apt-get install nghttp2-client);"
              + " --loads names loads that do without it, as in --loads=blocking-32,async-32");
    }
  }

  /**
   * Ten streams on each of so many connections.
   *
   * @param connect whether calls are those of Connect's protocol, and not of gRPC
   */
  static Sample run(int port, int connections, Duration length, boolean connect)
      throws IOException, InterruptedException {
    byte[] message = Payloads.SMALL.toByteArray();
    byte[] body = connect ? message : enveloped(message);
    String type = connect ? "application/proto" : "application/grpc";
    Path file = Files.createTempFile("fairlead-bench", ".bin");
    try {
      Files.write(file, body);
      return parse(execute(port, connections, length, file, type), body.length);
    } finally {
      Files.delete(file);
    }
  }

  private static byte[] enveloped(byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  private static String execute(
      int port, int connections, Duration length, Path body, String contentType)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                "h2load",
                "-c" + connections,
                "-m10",
                "-t1",
                "-D" + length.toMillis() + "ms",
                "-d" + body,
                "-Hcontent-type: " + contentType,
                "-Hte: trailers",
                "http://127.0.0.1:" + port + "/fairlead.bench.v1.Echo/Unary")
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("h2load failed:\n" + output);
    }
    return output;
  }

  /** Trusts no status alone: a gRPC failure is a 200 too, but brings no message. */
  static Sample parse(String output, int bodyBytes) throws IOException {
    double nanos = find(FINISHED, output, matcher -> seconds(matcher) * 1e9);
    long succeeded = (long) find(REQUESTS, output, matcher -> Double.parseDouble(matcher.group(1)));
    long failed = (long) find(REQUESTS, output, matcher -> Double.parseDouble(matcher.group(2)));
    long dataBytes = (long) find(DATA, output, matcher -> Double.parseDouble(matcher.group(1)));
    long answered = Math.min(succeeded, dataBytes / bodyBytes);
    if (answered < succeeded * 0.99) {
      throw new IOException(
          "Only " + answered + " of " + succeeded + " calls brought a message:\n" + output);
    }
    return new Sample(
        answered, failed, (long) nanos, Usage.NONE, Usage.NONE, List.of(0L, 0L, 0L, 0L));
  }

  private static double seconds(Matcher matcher) {
    double value = Double.parseDouble(matcher.group(1));
    return switch (matcher.group(2)) {
      case "us" -> value / 1e6;
      case "ms" -> value / 1e3;
      default -> value;
    };
  }

  private static double find(
      Pattern pattern, String output, java.util.function.ToDoubleFunction<Matcher> value)
      throws IOException {
    Matcher matcher = pattern.matcher(output);
    if (!matcher.find()) {
      throw new IOException("No \"" + pattern + "\" in what h2load said:\n" + output);
    }
    return value.applyAsDouble(matcher);
  }
}
