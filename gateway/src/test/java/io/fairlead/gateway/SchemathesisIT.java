package io.fairlead.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ToolAssumption;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Schemathesis makes requests of the OpenAPI document, right ones and wrong ones: no answer is a
 * fault of the server, and none has a status, a type or a form that the document does not have.
 */
@Tag("corpus")
class SchemathesisIT {
  private static final Path REQUIREMENTS =
      Path.of("src/test/python/requirements.txt").toAbsolutePath();
  private static final Path FOLDER = Path.of("target/schemathesis").toAbsolutePath();

  /** It reads no streams of lines, which RestTest does. */
  private static final String STREAM = "/v1/lines:count";

  @Test
  void everyAnswerIsInTheDocument() throws Exception {
    Path program = installed();
    try (GatewayFixture library = new GatewayFixture()) {
      String report =
          run(
              program.toString(),
              "run",
              "http://127.0.0.1:" + library.server.port() + "/openapi.json",
              "--checks",
              "not_a_server_error,status_code_conformance,content_type_conformance,"
                  + "response_schema_conformance,response_headers_conformance",
              "--exclude-path",
              STREAM,
              "--max-time",
              "20",
              // How fast it finds values says nothing of the answers.
              "--suppress-health-check",
              "all",
              "--seed",
              "1",
              "--generation-database",
              "none",
              "--no-color");
      assertThat(report).contains("Selected: 11/12", "Tested: 11");
      assertThat(report).containsPattern("\\d{3,} generated, \\d{3,} passed");
    }
  }

  /** Installs it where it is not yet, or where its versions have changed. */
  private static Path installed() throws Exception {
    boolean python =
        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "python3")));
    if (!python) {
      throw ToolAssumption.skip("python3", "apt-get install python3 python3-venv");
    }
    Path done = FOLDER.resolve("requirements.txt");
    if (!Files.exists(done) || Files.mismatch(done, REQUIREMENTS) >= 0) {
      Files.createDirectories(FOLDER);
      String venv = FOLDER.resolve("venv").toString();
      run("python3", "-m", "venv", "--clear", venv);
      run(
          venv + "/bin/python",
          "-m",
          "pip",
          "install",
          "--quiet",
          "--disable-pip-version-check",
          "-r",
          REQUIREMENTS.toString());
      Files.write(done, Files.readAllBytes(REQUIREMENTS));
    }
    return FOLDER.resolve("venv/bin/schemathesis");
  }

  /** Runs a program to its end, which must be a good one, and returns what it said. */
  private static String run(String... command) throws IOException, InterruptedException {
    Path log = Files.createTempFile("schemathesis", ".log");
    // What the program keeps, it keeps where it runs.
    Process process =
        new ProcessBuilder(command)
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      boolean ended = process.waitFor(5, TimeUnit.MINUTES);
      String said = Files.readString(log);
      assertThat(ended).as(said).isTrue();
      assertThat(process.exitValue()).as(said).isZero();
      return said;
    } finally {
      Stream.concat(process.descendants(), Stream.of(process.toHandle()))
          .forEach(ProcessHandle::destroyForcibly);
      Files.delete(log);
    }
  }
}
