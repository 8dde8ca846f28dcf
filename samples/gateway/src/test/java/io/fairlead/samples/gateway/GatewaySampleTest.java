package io.fairlead.samples.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class GatewaySampleTest {
  @Test
  void everyClientGetsTheSameBook() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new GatewaySample(new PrintStream(bytes, true, StandardCharsets.UTF_8)).play(0, false);
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "gRPC:    Moby-Dick",
            "Connect: {\"isbn\":\"9780142437247\",\"title\":\"Moby-Dick\"}",
            "REST:    {\"isbn\":\"9780142437247\",\"title\":\"Moby-Dick\"}",
            "stream:  [{\"text\":\"Call me Ishmael.\"},{\"text\":\"Some years ago\"}]",
            "error:   {\"code\":5,\"message\":\"there is no book 1; try 9780142437247\"}",
            "page:    <!doctype html>");
  }
}
