package io.fairlead.samples.aiplatform.story;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.samples.SampleRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The platform as a person runs it: real processes, two of them killed, and each figure holds. */
class AiPlatformIT {
  /**
   * With Python, overload, faults and the page where the profile polyglot is on; else without
   * Python, with records in PostgreSQL and TLS on all links.
   */
  private static final boolean PYTHON = Boolean.getBoolean("sample.python");

  @TempDir Path folder;

  private List<String> run(int expectedExit, String... options) throws Exception {
    return SampleRun.toExit(expectedExit, folder, "ai-platform", options).lines();
  }

  @Test
  void everyFigureHolds() throws Exception {
    List<String> options = new ArrayList<>(List.of("--plain"));
    options.addAll(List.of("--events", "--prometheus", "--redis"));
    options.addAll(
        PYTHON
            ? List.of("--stress", "--scaling", "--chaos", "--page", "--federated")
            : List.of("--java-only", "--postgres", "--tls"));
    if (PYTHON && Boolean.getBoolean("sample.full")) {
      options.add("--full");
    }
    List<String> lines = run(0, options.toArray(String[]::new));
    assertThat(lines).noneMatch(line -> line.startsWith("✗"));
    for (String figure :
        List.of(
            "capture took in 1,803 images",
            "the same stream sent again: 0 kept",
            "capture -> preprocess -> features: ",
            "the reader paused after 100 images",
            "the same job at a new trainer went on after epoch",
            "trained again without a break: the same bytes",
            "version 1 in ONNX Runtime against the trainer",
            "version 2 in ONNX Runtime against the trainer",
            "an unknown model: NOT_FOUND",
            "a wrong shape: INVALID_ARGUMENT",
            "digits-wide (1,15",
            "batching gives ",
            "version 2, widened, in ONNX Runtime against the trainer",
            "gRPC, REST and Connect agree",
            "no token: 401; an expired one: 401; one without the scope: 403",
            "a damaged image: INVALID_ARGUMENT, CORRUPT",
            "the metrics of model-1 count ",
            "canary: version 2 got ",
            "so version 2 was promoted",
            "a second decision on the same canary: ABORTED",
            "canary: version 1 got ",
            "so version 1 was taken back, and 2 stays",
            "version 1 was drained: ",
            "the only model server was killed with -9: 120 of 120 answers are degraded",
            "no features either: the last answer",
            "and an unknown image fails clearly: UNAVAILABLE",
            "both are back: whole answers",
            "1,801 images are in ",
            "with another key capture does not start: the images in ",
            "one byte of one image was changed: 1 is left out and counted, 1,800 are there",
            "who asks for it gets DATA_LOSS, CHANGED: ",
            "sent again, it is kept again: 1",
            "learnt from ",
            "it goes on with \"A server that is stopped\"",
            "no prompt: INVALID_ARGUMENT",
            "the prefix cache had ",
            "an image is asked for twice: ",
            "a batch of 374 images: {gpu by model-gpu=374}; calls ",
            "the server with the GPU was killed with -9 in a batch of 374 images: ",
            "a batch without a GPU: cpu by model-3; no server of this version with a gpu took it",
            "as its explanation has it: attempt 1 at ")) {
      assertThat(lines).anyMatch(line -> line.startsWith("✓ " + figure));
    }
    String captured = "1,841";
    if (PYTHON) {
      assertThat(lines).anyMatch(line -> line.startsWith("✓ H2 has a record of each of "));
    } else if (isThere(lines, "PostgreSQL")) {
      captured = "1,842";
      figures(
          lines,
          "the link to PostgreSQL, without TLS: FATAL: no pg_hba.conf entry",
          "PostgreSQL has a record of each of ",
          "the gateway cannot enter the database of capture: ",
          "PostgreSQL was killed with -9: 40 requests meanwhile, 0 failed",
          "an image is not taken in without its record: UNAVAILABLE",
          "PostgreSQL, killed in between, has a record of each of ",
          "capture has 1,802 images, and 1802 records of them in PostgreSQL");
    }
    if (isThere(lines, "events")) {
      figures(
          lines,
          "RabbitMQ takes connections at 127.0.0.1:",
          "its caller sends them again: 20 are known already",
          "none lost, none doubled: " + captured + " images were captured, and " + captured,
          "the journal counts " + captured + " images",
          "events that came again, known by their keys: ",
          "the read model of answers: ");
      link(lines, "the broker");
    }
    if (isThere(lines, "monitoring")) {
      figures(lines, "Prometheus scrapes ", "it has loaded the rules of docs/alerts: {");
      link(lines, "Prometheus");
    }
    if (isThere(lines, "Redis")) {
      figures(
          lines,
          "40 images are computed for gateway-1; gateway-2 answers 40 of them from the cache,",
          "version 1 gets all requests: it computes 40 of 40 images that version 2 has answered;",
          "Redis was killed with -9: 80 requests, 0 failed; two gateways count ",
          "Redis is there again, and so is what the gateways share");
      link(lines, "Redis");
    }
    List<String> more =
        List.of(
            "an ellipse was drawn on the page: \"0, with a confidence of ",
            "one trace from the click to the model, ",
            "a file with a ",
            "a text of 136 characters was written on to 336: ",
            "a file that is no image was chosen: ",
            "with a token that is none: ",
            "tritonclient over gRPC: ",
            "tritonclient over HTTP, bytes: ",
            "tritonclient over HTTP, JSON: ",
            "kserve over gRPC, bytes: ",
            "kserve over gRPC, numbers: ",
            "kserve over REST, bytes: ",
            "kserve over REST, numbers: ",
            "two feature services in Python, found in etcd: ",
            "a wrong shape there: INVALID_ARGUMENT, WRONG_SHAPE",
            "one of them killed with -9 and the one in Java drained",
            "model servers in Java and in Python share ",
            "a wrong shape there: INVALID_ARGUMENT (field inputs[0].shape)",
            "the trainer in Python: ",
            "one job: begun in Python ",
            "its model in a server in Java, ",
            "deploy/kubernetes.yaml against the schemas of Kubernetes 1.31: 16 good, wrong []",
            "capture has 1,42",
            "round 2: the average of {trainer-half-1=",
            "round 3: the average of {trainer-half-1=",
            "round 4: the average of {trainer-half-1=",
            "after 6 rounds of 5 epochs version 1 of digits-federated has an accuracy of ",
            "stress: up to ",
            "concurrency: up to 16 at a time none is refused; 256 at a time",
            "recovery: ",
            "3.0 times the limit: ",
            "shedding by priority: answered are ",
            "no circuit breaker took a refusal for a fault: []",
            "no model server runs: 15 calls wait for the first one, and all are answered after ",
            "50 calls/s in place of 15: 3 model servers after ",
            "15 calls/s again: 1 model server after ",
            "three model servers, nothing happens: ",
            "one is paused (SIGSTOP): ",
            "it goes on (SIGCONT): ",
            "it is killed with -9: ",
            "the connection to another is cut: ",
            "the network to it carries nothing: ",
            "and is there again: ");
    for (String figure : more) {
      if (PYTHON) {
        assertThat(lines).anyMatch(line -> line.startsWith("✓ " + figure));
      } else {
        assertThat(lines).noneMatch(line -> line.contains(figure));
      }
    }
    link(lines, "etcd");
    link(lines, "the metrics of capture-1");
    if (!PYTHON) {
      figures(
          lines,
          "a caller without TLS is refused: ",
          "a caller with a certificate of another authority is refused: ");
    }
    assertThat(lines).anyMatch(line -> line.matches("✓ \\d+ callers left at once: [1-9].*"));
    assertThat(lines).anyMatch(line -> line.startsWith("Every figure holds, after "));
  }

  /**
   * Whether a program that runs beside the platform is here. Where it is not, a line says so; in CI
   * the run has failed then.
   */
  private static boolean isThere(List<String> lines, String what) {
    return lines.stream().noneMatch(line -> line.startsWith("  left out, " + what));
  }

  private static void figures(List<String> lines, String... figures) {
    for (String figure : figures) {
      assertThat(lines).anyMatch(line -> line.startsWith("✓ " + figure));
    }
  }

  /** With TLS, a link takes nobody who has no certificate, or no TLS. */
  private static void link(List<String> lines, String what) {
    String figure = "✓ the link to " + what + ": with a certificate open, without one refused (";
    if (PYTHON) {
      assertThat(lines).noneMatch(line -> line.startsWith(figure));
    } else {
      assertThat(lines)
          .anyMatch(line -> line.startsWith(figure) && line.contains("), without TLS refused ("));
    }
  }

  @Test
  void aSlipOnTheCommandLineIsNamed() throws Exception {
    assertThat(run(2, "twice"))
        .containsExactly("\"twice\" is no option; samples/run ai-platform --help names them");
  }
}
