package io.fairlead.samples.ownbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OwnBalancerTest {
  @Test
  void packingLeavesEndpointsIdle() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    OwnBalancer.play(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "least_request  8 calls at a time keep 6 of 6 endpoints busy",
            "pack           8 calls at a time keep 2 of 6 endpoints busy");
  }
}
