package io.fairlead.bench.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkTest {
  private static String run(RpcServer server) throws Exception {
    try (RpcChannel channel = WorkClient.connect(server.port())) {
      return WorkClient.run(
          channel,
          Map.of(
              "millis",
              300,
              "seed",
              1,
              "quick",
              100,
              "quick_micros",
              10,
              "slow",
              50,
              "slow_micros",
              10));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"adaptive", "adaptive,1", "16,4"})
  void callsOfBothMethodsAreSent(String limits) throws Exception {
    try (RpcServer server = WorkServer.start(limits)) {
      assertThat(run(server))
          .matches(
              "quick_sent=[1-9]\\d* quick_answered=[1-9]\\d* quick_p50=\\d+ quick_p99=\\d+"
                  + " slow_sent=[1-9]\\d* slow_answered=[1-9]\\d* slow_p50=\\d+ slow_p99=\\d+");
    }
  }

  @Test
  void theSameSeedSendsTheSameCalls() throws Exception {
    try (RpcServer server = WorkServer.start("16,4")) {
      assertThat(sent(run(server))).isEqualTo(sent(run(server)));
    }
  }

  private static String sent(String said) {
    return said.replaceAll("_(answered|p50|p99)=\\d+", "");
  }
}
