package io.fairlead.samples.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MigrateTest {
  @Test
  void everyStepWorks() throws Exception {
    List<String> lines = lines();
    assertThat(lines)
        .containsExactly(
            "0. stock stub, stock channel, stock server: 10 of 30 searches failed",
            "1. stock stub, RpcChannel, stock server: 0 of 30 searches failed",
            "2. stock stub, RpcChannel, RpcServer with the stock service: 0 of 30 searches failed",
            "3. Fairlead's interface on both sides: placed anchor chain",
            "   and the stock stub still works beside it: 0 of 30 searches failed");
  }

  private static List<String> lines() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Migrate(new PrintStream(bytes, true, StandardCharsets.UTF_8)).play();
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
